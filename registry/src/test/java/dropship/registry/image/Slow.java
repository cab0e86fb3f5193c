package dropship.registry.image;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.ListedBlob;
import dropship.blobstore.store.StoredBlob;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/** A store behind a network: requests and answers take a while, each another. */
final class Slow implements Blobstore {
  private final Vertx vertx;
  private final Blobstore store;

  Slow(Vertx vertx, Blobstore store) {
    this.vertx = vertx;
    this.store = store;
  }

  private <T> Future<T> later(Supplier<Future<T>> request) {
    return pause()
        .compose(arrived -> request.get())
        .transform(answer ->
            pause()
                .compose(back ->
                    answer.succeeded()
                        ? Future.succeededFuture(answer.result())
                        : Future.failedFuture(answer.cause())));
  }

  /** Mostly short, sometimes long enough for anything to happen meanwhile. */
  private Future<?> pause() {
    var random = ThreadLocalRandom.current();
    return switch (random.nextInt(20)) {
      case 0 -> vertx.timer(1 + random.nextInt(40));
      case 1, 2, 3, 4 -> vertx.timer(1 + random.nextInt(3));
      default -> Future.succeededFuture();
    };
  }

  @Override
  public Future<StoredBlob> put(BlobKey key, Content content, Condition condition) {
    return later(() -> store.put(key, content, condition));
  }

  @Override
  public Future<Content> open(BlobKey key, ByteRange range) {
    return later(() -> store.open(key, range));
  }

  @Override
  public Future<Optional<StoredBlob>> stat(BlobKey key) {
    return later(() -> store.stat(key));
  }

  @Override
  public Future<List<ListedBlob>> list(BlobKey prefix, Optional<BlobKey> last) {
    return later(() -> store.list(prefix, last));
  }

  @Override
  public Future<StoredBlob> copy(BlobKey from, BlobKey to) {
    return later(() -> store.copy(from, to));
  }

  @Override
  public Future<Void> delete(BlobKey key) {
    return later(() -> store.delete(key));
  }

  @Override
  public Future<Void> deleteAll(List<BlobKey> keys) {
    return later(() -> store.deleteAll(keys));
  }

  @Override
  public Future<Optional<URI>> url(BlobKey key, Duration validFor) {
    return store.url(key, validFor);
  }

  @Override
  public Future<Integer> sweep(Instant before) {
    return later(() -> store.sweep(before));
  }
}
