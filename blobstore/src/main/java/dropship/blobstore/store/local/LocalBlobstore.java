package dropship.blobstore.store.local;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dropship.blobstore.content.Blocking;
import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.Pump;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.BlobNotFound;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.DirectoryLock;
import dropship.blobstore.store.ListedBlob;
import dropship.blobstore.store.NoSpaceLeft;
import dropship.blobstore.store.PreconditionFailed;
import dropship.blobstore.store.StoredBlob;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;

/**
 * Keeps blobs as files: the key is the path below {@code root}, which is how the Cloud Controller's
 * own local blobstore lays them out.
 *
 * <p>A blob is written to {@code .dropship/partial}, synced, and renamed to its key; then the
 * directory is synced. What a crash leaves in {@code .dropship/partial} is swept at the next start.
 * One process at a time owns a root, so that no sweep takes another's work; a lock sees to it.
 */
public final class LocalBlobstore implements Blobstore, AutoCloseable {
  private static final int CHUNKS_AHEAD = 6;
  private static final String OURS = ".dropship";

  private final Vertx vertx;
  private final Path root;
  private final Path partial;
  private final DirectoryLock lock;

  /** One per stripe of keys: makes checking a condition and renaming one step. */
  private final Object[] commitLocks = new Object[64];

  private LocalBlobstore(Vertx vertx, Path root, Path partial, DirectoryLock lock) {
    this.vertx = vertx;
    this.root = root;
    this.partial = partial;
    this.lock = lock;
    for (int i = 0; i < commitLocks.length; i++) {
      commitLocks[i] = new Object();
    }
  }

  /**
   * Opens the store in {@code directory}, which is made if need be, and sweeps what a crash left.
   * Blocks.
   */
  public static LocalBlobstore open(Vertx vertx, Path directory) throws IOException {
    Files.createDirectories(directory);
    var root = directory.toRealPath();
    var partial = root.resolve(OURS).resolve("partial");
    Files.createDirectories(partial);
    for (var made = root; made != null && Files.isReadable(made); made = made.getParent()) {
      sync(made); // it may have been made just now
    }
    var lock = DirectoryLock.take(root, root.resolve(OURS).resolve("lock"));
    var store = new LocalBlobstore(vertx, root, partial, lock);
    store.sweep();
    return store;
  }

  private void sweep() throws IOException {
    try (var leftovers = Files.newDirectoryStream(partial)) {
      for (var leftover : leftovers) {
        Files.delete(leftover);
      }
    }
  }

  /**
   * Where others may keep files that are theirs alone and need not survive the process: swept at
   * the next start.
   */
  public Path scratch() {
    return partial;
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }

  @Override
  public Future<StoredBlob> put(BlobKey key, Content content, Condition condition) {
    var file = partial.resolve(UUID.randomUUID().toString());
    return write(key, file, content)
        .compose(written -> blocking(() -> commit(file, key, content, condition)))
        .recover(failure ->
            blocking(() -> Files.deleteIfExists(file))
                .otherwise(false)
                .compose(deleted ->
                    Future.failedFuture(NoSpaceLeft.orElse(failure, "storing '" + key + "'"))));
  }

  private Future<Void> write(BlobKey key, Path file, Content content) {
    return switch (content) {
      case Content.InMemory(var bytes) ->
          blocking(() -> Files.write(file, bytes.getBytes(), CREATE_NEW)).mapEmpty();
      case Content.InFile source -> blocking(() -> linkOrCopy(source, file)).mapEmpty();
      case Content.Streamed(var stream, var length) ->
          vertx
              .fileSystem()
              .open(file.toString(), new OpenOptions().setCreateNew(true).setWrite(true))
              .onFailure(failure -> content.close())
              .compose(into -> drain(key, stream, into));
    };
  }

  private static Future<Void> drain(BlobKey key, ReadStream<Buffer> stream, AsyncFile into) {
    return Pump.run(stream, into, CHUNKS_AHEAD)
        .compose(moved ->
            into.size()
                .compose(size ->
                    size.equals(moved)
                        ? Future.<Void>succeededFuture()
                        : Future.failedFuture(
                            new IOException(
                                "storing '%s': %d of %d bytes were written"
                                    .formatted(key, size, moved)))))
        .eventually(into::close);
  }

  /**
   * A whole file of the same file system need not be copied: a second name will do, for blobs never
   * change.
   */
  private static Path linkOrCopy(Content.InFile source, Path file) throws IOException {
    try (var channel = source.channel()) {
      if (source.region().equals(ByteRange.ALL.within(Files.size(source.path())))) {
        try {
          return Files.createLink(file, source.path());
        } catch (IOException | UnsupportedOperationException notPossibleHere) {
          // Copied below.
        }
      }
      try (var into = FileChannel.open(file, CREATE_NEW, WRITE)) {
        var region = source.region();
        long copied = 0;
        while (copied < region.length()) {
          long more = channel.transferTo(region.offset() + copied, region.length() - copied, into);
          if (more == 0) {
            throw new IOException(source.path() + " ends before " + region.length() + " bytes");
          }
          copied += more;
        }
      }
      return file;
    }
  }

  private StoredBlob commit(Path file, BlobKey key, Content content, Condition condition)
      throws IOException {
    try (var written = FileChannel.open(file, WRITE)) {
      if (content.length().isPresent() && content.length().getAsLong() != written.size()) {
        throw new IOException(
            "storing '%s': %d bytes arrived, expected %d"
                .formatted(key, written.size(), content.length().getAsLong()));
      }
      written.force(true);
    }
    var target = pathOf(key);
    makeDirectories(parentOf(target));
    synchronized (commitLocks[Math.floorMod(key.hashCode(), commitLocks.length)]) {
      if (!holds(condition, target)) {
        throw new PreconditionFailed(key, condition);
      }
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
    }
    sync(parentOf(target));
    return describe(target);
  }

  private static boolean holds(Condition condition, Path target) throws IOException {
    return switch (condition) {
      case Condition.Always() -> true;
      case Condition.IfAbsent() -> !Files.exists(target, LinkOption.NOFOLLOW_LINKS);
      case Condition.IfMatch(var etag) ->
          Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)
              && describe(target).etag().equals(etag);
    };
  }

  /** One at a time: a directory that is there has then been synced by whoever made it. */
  private void makeDirectories(Path directory) throws IOException {
    synchronized (partial) {
      if (Files.isDirectory(directory)) {
        return;
      }
      makeDirectories(parentOf(directory));
      Files.createDirectory(directory);
      sync(parentOf(directory));
    }
  }

  /** Makes names in a directory survive a crash. */
  private static void sync(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    }
  }

  @Override
  public Future<Content> open(BlobKey key, ByteRange range) {
    return blocking(() -> {
      var file = pathOf(key);
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new BlobNotFound(key);
      }
      try {
        return Content.ofFile(file, range);
      } catch (NoSuchFileException deletedSince) {
        throw new BlobNotFound(key);
      }
    });
  }

  @Override
  public Future<Optional<StoredBlob>> stat(BlobKey key) {
    return blocking(() -> {
      var file = pathOf(key);
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        return Optional.empty();
      }
      try {
        return Optional.of(describe(file));
      } catch (NoSuchFileException deletedSince) {
        return Optional.empty();
      }
    });
  }

  /** A replaced file is a new inode or has a new time, so the two together tell versions apart. */
  static StoredBlob describe(Path file) throws IOException {
    var attributes =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    var modified = attributes.lastModifiedTime().toInstant();
    var etag =
        "%x-%x-%x"
            .formatted(
                String.valueOf(attributes.fileKey()).hashCode(),
                attributes.size(),
                modified.getEpochSecond() * 1_000_000_000 + modified.getNano());
    return new StoredBlob(attributes.size(), etag);
  }

  @Override
  public Future<List<ListedBlob>> list(BlobKey prefix, Optional<BlobKey> last) {
    return blocking(
        () -> new Listing(last.map(BlobKey::value).orElse(""), PAGE).below(pathOf(prefix), prefix));
  }

  @Override
  public Future<StoredBlob> copy(BlobKey from, BlobKey to) {
    return open(from, ByteRange.ALL).compose(content -> put(to, content, Condition.ALWAYS));
  }

  @Override
  public Future<Void> delete(BlobKey key) {
    return deleteAll(List.of(key));
  }

  @Override
  public Future<Void> deleteAll(List<BlobKey> keys) {
    return blocking(() -> {
      var failed = new LinkedHashMap<BlobKey, IOException>();
      for (var key : keys) {
        try {
          deleteNow(pathOf(key));
        } catch (IOException e) {
          failed.put(key, e);
        }
      }
      if (!failed.isEmpty()) {
        throw new IOException(
            "deleting %d of %d blobs: %s".formatted(failed.size(), keys.size(), failed));
      }
      return null;
    });
  }

  private static void deleteNow(Path file) throws IOException {
    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      Files.deleteIfExists(file);
      sync(parentOf(file));
    }
  }

  @Override
  public Future<Optional<URI>> url(BlobKey key, Duration validFor) {
    return Future.succeededFuture(Optional.empty());
  }

  /** What other processes have left has been swept at the start. */
  @Override
  public Future<Integer> sweep(Instant before) {
    return Future.succeededFuture(0);
  }

  private Path pathOf(BlobKey key) {
    if (key.value().equals(OURS) || key.value().startsWith(OURS + "/")) {
      throw new IllegalArgumentException(
          "not a key of a local store: '" + key + "', because " + OURS + " is for its own files");
    }
    return root.resolve(key.value());
  }

  private static Path parentOf(Path inside) {
    return Objects.requireNonNull(inside.getParent(), "the root has been left");
  }

  private <T> Future<T> blocking(Callable<T> work) {
    return Blocking.call(vertx, work);
  }
}
