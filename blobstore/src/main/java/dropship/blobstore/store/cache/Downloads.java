package dropship.blobstore.store.cache;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.Digest;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.BlobNotFound;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.StoredBlob;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches blobs into {@link CachedFiles}: each once at a time, whole, on a thread of its own, and
 * to its end even when nobody reads any more.
 *
 * <p>How long a store may be silent in the middle of a blob is for the store to limit.
 */
final class Downloads {
  private static final Logger LOG = LoggerFactory.getLogger(Downloads.class);
  private static final int CHUNK = 256 * 1024;

  /** Each holds a chunk, and what the store is ahead of the disk. */
  private static final int AT_ONCE = 32;

  private final Vertx vertx;
  private final Blobstore store;
  private final CachedFiles files;
  private final Executor threads;
  private final Duration rest;
  private final ConcurrentMap<String, Download> underWay = new ConcurrentHashMap<>();

  /** In pages. Each download takes a share at least, which bounds how many there are. */
  private final Semaphore room;

  private final int roomInAll;
  private long restsUntil = System.nanoTime();
  private final LongAdder begun = new LongAdder();
  private final LongAdder refused = new LongAdder();

  /**
   * Fetches from {@code store}.
   *
   * @param room what all files that are arriving may take of the disk, in pages
   * @param rest how long nothing is fetched after the disk has failed
   */
  Downloads(
      Vertx vertx, Blobstore store, CachedFiles files, Executor threads, int room, Duration rest) {
    this.vertx = vertx;
    this.store = store;
    this.files = files;
    this.threads = threads;
    this.room = new Semaphore(room, true);
    this.roomInAll = room;
    this.rest = rest;
  }

  /** A blob on its way. */
  static final class Download {
    private final BlobKey key;
    private final CompletableFuture<Optional<ArrivingFile>> file = new CompletableFuture<>();

    /** It has been deleted meanwhile. */
    private volatile boolean dropped;

    private Download(BlobKey key) {
      this.key = key;
    }

    /**
     * Waits until there is something to read. Empty if the blob does not come this way: it is too
     * large, or the disk fails. Fails as the store does.
     */
    Optional<ArrivingFile> file() throws Exception {
      try {
        return file.get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof Exception cause ? cause : e;
      }
    }
  }

  /** Joins the download of a blob, or begins it; empty if its file has become whole just now. */
  Optional<Download> join(BlobKey key) {
    var mine = new Download(key);
    // A file is whole before its download is taken from the map, so one of the two is always seen.
    var download =
        underWay.compute(
            key.name(), (hex, under) -> under != null ? under : files.has(hex) ? null : mine);
    if (download == mine) {
      begun.increment();
      threads.execute(() -> run(mine));
    }
    return Optional.ofNullable(download);
  }

  /** What is under way still arrives for its readers, but does not stay. */
  void drop(String hex) {
    var download = underWay.get(hex);
    if (download != null) {
      download.dropped = true;
    }
  }

  /** How many there have been. */
  long count() {
    return begun.sum();
  }

  /** How many of them brought other bytes than the name says. */
  long refused() {
    return refused.sum();
  }

  /** Who asks after an answer must find no trace of the download that gave it: hence the order. */
  private void run(Download download) {
    var key = download.key;
    try {
      long size =
          store.stat(key).await().map(StoredBlob::size).orElseThrow(() -> new BlobNotFound(key));
      long pages = CachedFiles.pages(size);
      if (pages > roomInAll || isResting()) {
        underWay.remove(key.name(), download);
        download.file.complete(Optional.empty());
        return;
      }
      int taken = (int) Math.max(pages, roomInAll / AT_ONCE);
      room.acquire(taken);
      try {
        receive(download, size);
      } finally {
        room.release(taken);
      }
    } catch (Throwable e) {
      // Errors too: whoever waits for the blob must hear of them.
      underWay.remove(key.name(), download);
      download.file.completeExceptionally(e);
    }
  }

  private void receive(Download download, long size) {
    var hex = download.key.name();
    var partial = files.newPartial();
    ArrivingFile file;
    try {
      file = create(partial, size);
    } catch (IOException e) {
      restAfter(e);
      underWay.remove(hex, download);
      download.file.complete(Optional.empty());
      return;
    }
    try (var source = open(download.key, size)) {
      fill(file, source, download, size);
      keep(download, partial, size);
    } catch (Throwable e) {
      discard(partial);
      underWay.remove(hex, download);
      if (e instanceof DiskFailed) {
        restAfter(e);
        download.file.complete(Optional.empty()); // if nobody has begun to read
      } else {
        download.file.completeExceptionally(e);
      }
      file.fail(e);
      return;
    }
    underWay.remove(hex, download);
    file.end();
  }

  private ArrivingFile create(Path partial, long size) throws IOException {
    if (files.space() < size) {
      throw new IOException(
          "no space left on the device for %d bytes, only for %d".formatted(size, files.space()));
    }
    return new ArrivingFile(FileChannel.open(partial, CREATE_NEW, READ, WRITE), size);
  }

  /** The store's stream and what carries it to this thread are on one context. */
  private InputStream open(BlobKey key, long size) {
    var input = Promise.<InputStream>promise();
    vertx
        .getOrCreateContext()
        .runOnContext(now ->
            store.open(key, ByteRange.ALL).map(content -> input(content, size)).onComplete(input));
    return input.future().await();
  }

  private InputStream input(Content content, long size) {
    long there = content.length().orElse(size);
    if (there != size) {
      content.close();
      throw new IllegalStateException("the store has %d bytes, expected %d".formatted(there, size));
    }
    return content.input(vertx);
  }

  private void fill(ArrivingFile file, InputStream source, Download download, long size)
      throws IOException {
    var hash = Digest.sha256();
    var chunk = new byte[CHUNK];
    long arrived = 0;
    do {
      int wanted = (int) Math.min(CHUNK, size - arrived);
      int length = source.readNBytes(chunk, 0, wanted);
      arrived += length;
      if (length < wanted) {
        throw new IOException("%d bytes arrived, expected %d".formatted(arrived, size));
      }
      hash.update(chunk, 0, length);
      try {
        file.append(ByteBuffer.wrap(chunk, 0, length));
      } catch (IOException e) {
        throw new DiskFailed(e);
      }
      download.file.complete(Optional.of(file));
    } while (arrived < size);
    var digest = Digest.fromSha256(hash.digest());
    if (!digest.hex().equals(download.key.name()) || source.read() >= 0) {
      refused.increment();
      LOG.warn("the store has other bytes under '{}' than its name says", download.key);
      throw new IOException("the bytes of '" + download.key + "' are not what its name says");
    }
  }

  private static final class DiskFailed extends IOException {
    DiskFailed(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /** The bytes are right, so a disk that fails now is nothing to their readers. */
  private void keep(Download download, Path partial, long size) {
    var hex = download.key.name();
    try {
      files.keep(hex, partial, size);
    } catch (IOException e) {
      discard(partial);
      restAfter(e);
    }
    if (download.dropped) {
      files.drop(hex);
    }
  }

  private static void discard(Path partial) {
    try {
      Files.deleteIfExists(partial);
    } catch (IOException e) {
      LOG.warn("deleting {}, which takes space until the next start", partial, e);
    }
  }

  private synchronized boolean isResting() {
    return System.nanoTime() - restsUntil < 0;
  }

  private synchronized void restAfter(Throwable failure) {
    if (!isResting()) {
      LOG.warn(
          "nothing is cached for {} seconds, as the disk fails: {}",
          rest.toSeconds(),
          failure.toString());
    }
    restsUntil = System.nanoTime() + rest.toNanos();
  }
}
