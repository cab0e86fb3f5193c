package dropship.blobstore.store.cache;

import dropship.blobstore.content.Blocking;
import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.InputReadStream;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.ListedBlob;
import dropship.blobstore.store.StoredBlob;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Another store whose content-addressed blobs, {@code …/sha256/<2 hex>/<hex>}, are kept on a local
 * disk once they have been read. Every other key passes through.
 *
 * <p>A blob that is not here is fetched once, however many ask. All of them read the file while it
 * grows; none gets its last bytes before the whole hashes to its name. Only reading is answered
 * from here: whether a blob exists is for the store to say, as another replica may have deleted it,
 * and who takes it for there would not put it again.
 *
 * <p>Three quarters of the space are for files that are whole, one quarter for those that arrive: a
 * download waits until what it will write fits in there, and a blob that never would passes
 * through. Beyond that, the disk holds what has been evicted until its last reader is gone.
 *
 * <p>A disk that fails costs its readers of that moment their connections. For a while everything
 * passes through then, before the disk is tried again.
 */
public final class CachedBlobstore implements Blobstore, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CachedBlobstore.class);
  private static final Pattern CONTENT_ADDRESSED =
      Pattern.compile("(?:.*/)?sha256/([0-9a-f]{2})/\\1[0-9a-f]{62}");
  private static final Duration REST = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final Blobstore store;
  private final ExecutorService threads;
  private final CachedFiles files;
  private final Downloads downloads;
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder passed = new LongAdder();

  private CachedBlobstore(
      Vertx vertx,
      Blobstore store,
      ExecutorService threads,
      CachedFiles files,
      Downloads downloads) {
    this.vertx = vertx;
    this.store = store;
    this.threads = threads;
    this.files = files;
    this.downloads = downloads;
  }

  /**
   * Caches blobs of {@code store} in {@code directory}, which is made if need be and is for this
   * process alone. Blocks.
   *
   * @param bytes how much of the disk it may take
   */
  public static CachedBlobstore open(Vertx vertx, Blobstore store, Path directory, long bytes)
      throws IOException {
    return open(vertx, store, directory, bytes, REST);
  }

  static CachedBlobstore open(
      Vertx vertx, Blobstore store, Path directory, long bytes, Duration rest) throws IOException {
    // Almost all they do is to wait: for a store, and for each other.
    var threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("cache-", 0).factory());
    try {
      long pages = CachedFiles.pages(bytes);
      int arriving = (int) Math.min(Integer.MAX_VALUE, pages / 4);
      var files = CachedFiles.open(directory, pages - arriving, threads);
      var downloads = new Downloads(vertx, store, files, threads, arriving, rest);
      return new CachedBlobstore(vertx, store, threads, files, downloads);
    } catch (IOException | RuntimeException e) {
      threads.shutdown();
      throw e;
    }
  }

  /** Breaks off what is arriving, and lets others have the directory. Blocks. */
  @Override
  public void close() throws IOException {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
        LOG.warn("closing the cache: some of its downloads do not stop");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    files.close();
  }

  /**
   * What has happened since the start, and what there is now.
   *
   * @param hits reads of files that were whole
   * @param misses reads of files that were arriving
   * @param passed reads that the store answered: of what is too large, or while the disk fails
   * @param downloads from the store, however they ended
   * @param refused downloads that brought other bytes than the name says
   * @param blobs that are whole
   * @param bytes that they take of the disk
   */
  public record Stats(
      long hits, long misses, long passed, long downloads, long refused, long blobs, long bytes) {}

  public Stats stats() {
    return new Stats(
        hits.sum(),
        misses.sum(),
        passed.sum(),
        downloads.count(),
        downloads.refused(),
        files.count(),
        files.bytes());
  }

  @Override
  public Future<Content> open(BlobKey key, ByteRange range) {
    return isContentAddressed(key)
        ? Blocking.call(vertx, threads, () -> find(key, range)).compose(Supplier::get)
        : store.open(key, range);
  }

  /** Waits until it is clear where the bytes come from. The rest is for the asker's context. */
  private Supplier<Future<Content>> find(BlobKey key, ByteRange range) throws Exception {
    while (true) {
      var whole = files.open(key.name(), range);
      if (whole.isPresent()) {
        hits.increment();
        return () -> Future.succeededFuture(whole.get());
      }
      var download = downloads.join(key);
      if (download.isEmpty()) {
        continue; // it has become whole since
      }
      var arriving = download.get().file();
      if (arriving.isEmpty()) {
        passed.increment();
        return () -> store.open(key, range);
      }
      var reader = arriving.get().read(range);
      if (reader.isPresent()) {
        misses.increment();
        return () -> Future.succeededFuture(content(reader.get()));
      }
    }
  }

  private Content content(ArrivingFile.Reader reader) {
    var length = OptionalLong.of(reader.length());
    return Content.of(new InputReadStream(vertx, reader, threads), length);
  }

  private static boolean isContentAddressed(BlobKey key) {
    return CONTENT_ADDRESSED.matcher(key.value()).matches();
  }

  @Override
  public Future<StoredBlob> put(BlobKey key, Content content, Condition condition) {
    return store.put(key, content, condition);
  }

  @Override
  public Future<Optional<StoredBlob>> stat(BlobKey key) {
    return store.stat(key);
  }

  @Override
  public Future<List<ListedBlob>> list(BlobKey prefix, Optional<BlobKey> last) {
    return store.list(prefix, last);
  }

  @Override
  public Future<StoredBlob> copy(BlobKey from, BlobKey to) {
    return store.copy(from, to);
  }

  @Override
  public Future<Void> delete(BlobKey key) {
    return store.delete(key).eventually(() -> drop(List.of(key)));
  }

  @Override
  public Future<Void> deleteAll(List<BlobKey> keys) {
    return store.deleteAll(keys).eventually(() -> drop(keys));
  }

  /** After the store has deleted them: what is fetched from then on is not there. */
  private Future<Void> drop(List<BlobKey> keys) {
    var hexes =
        keys.stream().filter(CachedBlobstore::isContentAddressed).map(BlobKey::name).toList();
    return hexes.isEmpty()
        ? Future.succeededFuture()
        : Blocking.call(
                vertx,
                threads,
                () -> {
                  hexes.forEach(downloads::drop);
                  hexes.forEach(files::drop);
                  return hexes;
                })
            .mapEmpty();
  }

  @Override
  public Future<Optional<URI>> url(BlobKey key, Duration validFor) {
    return store.url(key, validFor);
  }

  @Override
  public Future<Integer> sweep(Instant before) {
    return store.sweep(before);
  }
}
