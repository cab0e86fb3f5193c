package dropship.blobstore.store.cache;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.ListedBlob;
import dropship.blobstore.store.StoredBlob;
import io.vertx.core.Future;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Counts how often blobs are opened, and lets a test decide how they arrive. */
final class WatchedBlobstore implements Blobstore {
  private final Blobstore store;
  final AtomicInteger opens = new AtomicInteger();
  volatile UnaryOperator<Content> arrival = UnaryOperator.identity();

  WatchedBlobstore(Blobstore store) {
    this.store = store;
  }

  @Override
  public Future<Content> open(BlobKey key, ByteRange range) {
    opens.incrementAndGet();
    return store.open(key, range).map(arrival);
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
    return store.delete(key);
  }

  @Override
  public Future<Void> deleteAll(List<BlobKey> keys) {
    return store.deleteAll(keys);
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
