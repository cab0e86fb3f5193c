package dropship.blobstore.store.cache;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.Digest;
import dropship.blobstore.store.DirectoryLock;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that are whole, {@code sha256/<2 hex>/<hex>}, and which of them stay. All methods block
 * and are for any thread but an event loop's.
 *
 * <p>A file gets its name when its bytes have been found right. It is not synced: that would make
 * every arrival wait for the disk, for the sake of a crash of the machine, which may leave a file
 * empty or torn. Instead what is found at the start is checked once more before its first use; that
 * notices whatever else happened to it, too.
 */
final class CachedFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CachedFiles.class);
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
  private static final int CHUNK = 256 * 1024;

  /** What a file takes of a disk is rounded up to this; and weights must fit into an int. */
  private static final int PAGE = 4096;

  private final Path whole;
  private final Path partial;
  private final DirectoryLock lock;
  private final Cache<String, Kept> kept;

  /**
   * Held to give a file its name or take it away, so that the late deletion of what was evicted
   * never hits a file that has come back under the same name.
   */
  private final Object names = new Object();

  private CachedFiles(
      Path whole, Path partial, DirectoryLock lock, long maximumPages, Executor deletions) {
    this.whole = whole;
    this.partial = partial;
    this.lock = lock;
    this.kept =
        Caffeine.newBuilder()
            .maximumWeight(maximumPages)
            .weigher((String hex, Kept file) -> (int) Math.min(Integer.MAX_VALUE, pages(file.size)))
            .executor(deletions)
            .removalListener((hex, file, cause) -> deleteIfGone(String.valueOf(hex)))
            .build();
  }

  /**
   * Takes up what an earlier process has left in {@code directory}, the latest used first, and
   * sweeps what had not arrived.
   *
   * @param maximumPages how much the files may take, in {@link #pages}
   * @param deletions deletes what is evicted
   */
  static CachedFiles open(Path directory, long maximumPages, Executor deletions)
      throws IOException {
    var whole = Files.createDirectories(directory.resolve("sha256"));
    var partial = Files.createDirectories(directory.resolve("partial"));
    var lock = DirectoryLock.take(directory, directory.resolve("lock"));
    try {
      try (var leftovers = Files.newDirectoryStream(partial)) {
        for (var leftover : leftovers) {
          Files.delete(leftover);
        }
      }
      var files = new CachedFiles(whole, partial, lock, maximumPages, deletions);
      files.takeUp(maximumPages);
      return files;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** What {@code bytes} take of the disk. */
  static long pages(long bytes) {
    return Math.max(1, Math.ceilDiv(bytes, (long) PAGE));
  }

  private record Found(Path path, long size, Instant used) {
    static Found at(Path path) {
      try {
        var file = Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS);
        var read = file.lastAccessTime().toInstant();
        var written = file.lastModifiedTime().toInstant();
        return new Found(path, file.size(), read.isAfter(written) ? read : written);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Files that are not named as ours are left alone. */
  private void takeUp(long maximumPages) throws IOException {
    List<Found> latestFirst;
    try (Stream<Path> files = Files.walk(whole, 2)) {
      latestFirst =
          files
              .filter(file -> Files.isRegularFile(file, NOFOLLOW_LINKS))
              .filter(file -> HEX.matcher(nameOf(file)).matches())
              .filter(file -> file.equals(pathOf(nameOf(file))))
              .map(Found::at)
              .sorted(Comparator.comparing(Found::used).reversed())
              .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    // Put into a full cache, a file that nobody has asked for yet makes none of the others leave:
    // what does not fit must go before.
    long used = 0;
    int fit = 0;
    for (var file : latestFirst) {
      used += pages(file.size);
      if (used > maximumPages) {
        Files.delete(file.path);
      } else {
        fit++;
      }
    }
    latestFirst.stream()
        .limit(fit)
        .toList()
        .reversed()
        .forEach(file -> kept.put(nameOf(file.path), new Kept(file.size, false)));
  }

  /** Whether there is such a file; does not count as a use of it. */
  boolean has(String hex) {
    return kept.asMap().containsKey(hex);
  }

  /** A file that is there and right; what is not right is dropped. */
  Optional<Content> open(String hex, ByteRange range) {
    var file = kept.getIfPresent(hex);
    if (file == null) {
      return Optional.empty();
    }
    var path = pathOf(hex);
    try {
      if (file.isRight(path, hex)) {
        var content = Content.ofFile(path, range);
        if (content.channel().size() == file.size) {
          return Optional.of(content);
        }
        content.close();
      }
      LOG.warn("dropping {}: its bytes are not those that arrived", path);
    } catch (NoSuchFileException evictedSince) {
      // As if it had not been there.
    } catch (IOException e) {
      LOG.warn("dropping {}: {}", path, e.toString());
    }
    kept.asMap().remove(hex, file);
    return Optional.empty();
  }

  /** Where the next file may be written, until it is whole. */
  Path newPartial() {
    return partial.resolve(UUID.randomUUID().toString());
  }

  /** How many bytes the disk still has room for. */
  long space() {
    return partial.toFile().getUsableSpace();
  }

  /** Takes a file whose bytes are right; from now on it may be evicted. */
  void keep(String hex, Path file, long size) throws IOException {
    var path = pathOf(hex);
    Files.createDirectories(whole.resolve(hex.substring(0, 2)));
    synchronized (names) {
      Files.move(file, path, StandardCopyOption.ATOMIC_MOVE);
      kept.put(hex, new Kept(size, true));
    }
  }

  void drop(String hex) {
    kept.invalidate(hex);
  }

  /** Called some time after a file has been evicted or dropped, by when it may be back. */
  private void deleteIfGone(String hex) {
    synchronized (names) {
      if (!has(hex)) {
        try {
          Files.deleteIfExists(pathOf(hex));
        } catch (IOException e) {
          LOG.warn("deleting {}, which takes space until the next start", pathOf(hex), e);
        }
      }
    }
  }

  /** How many files there are. */
  long count() {
    kept.cleanUp();
    return kept.estimatedSize();
  }

  /** What they take of the disk. */
  long bytes() {
    return kept.policy().eviction().map(eviction -> eviction.weightedSize().orElse(0)).orElse(0L)
        * PAGE;
  }

  private Path pathOf(String hex) {
    return whole.resolve(hex.substring(0, 2)).resolve(hex);
  }

  private static String nameOf(Path file) {
    return String.valueOf(file.getFileName());
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }

  /** A file, and whether its bytes have been compared with its name by this process. */
  private static final class Kept {
    private final long size;
    private boolean checked;

    Kept(long size, boolean checked) {
      this.size = size;
      this.checked = checked;
    }

    /** However many ask at once, the file is read once. */
    @SuppressWarnings("ThreadPriorityCheck") // for fairness alone: nothing relies on it
    synchronized boolean isRight(Path path, String hex) throws IOException {
      if (!checked) {
        var hash = Digest.sha256();
        try (InputStream bytes = Files.newInputStream(path)) {
          var chunk = new byte[CHUNK];
          for (int read = bytes.read(chunk); read >= 0; read = bytes.read(chunk)) {
            hash.update(chunk, 0, read);
            Thread.yield(); // other virtual threads want the processor as well
          }
        }
        checked = Digest.fromSha256(hash.digest()).hex().equals(hex);
      }
      return checked;
    }
  }
}
