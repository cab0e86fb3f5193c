package dropship.blobstore.store.memory;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.Digest;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.BlobNotFound;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.ListedBlob;
import dropship.blobstore.store.PreconditionFailed;
import dropship.blobstore.store.StoredBlob;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** Keeps everything in memory, and loses it with the process. */
public final class MemoryBlobstore implements Blobstore {
  private final Vertx vertx;
  private final ConcurrentSkipListMap<BlobKey, Kept> blobs = new ConcurrentSkipListMap<>();

  public MemoryBlobstore(Vertx vertx) {
    this.vertx = vertx;
  }

  private record Kept(Buffer bytes, StoredBlob stored) {
    static Kept of(Buffer bytes) {
      return new Kept(bytes, new StoredBlob(bytes.length(), Digest.of(bytes.getBytes()).hex()));
    }
  }

  @Override
  public Future<StoredBlob> put(BlobKey key, Content content, Condition condition) {
    var expected = content.length();
    return content
        .toBuffer(vertx, Integer.MAX_VALUE)
        .compose(bytes -> {
          if (expected.isPresent() && expected.getAsLong() != bytes.length()) {
            return Future.failedFuture(
                new IOException(
                    "storing '%s': %d bytes arrived, expected %d"
                        .formatted(key, bytes.length(), expected.getAsLong())));
          }
          return keep(key, Kept.of(bytes), condition);
        });
  }

  @SuppressWarnings("ReferenceEquality") // equal bytes put by another are not these
  private Future<StoredBlob> keep(BlobKey key, Kept kept, Condition condition) {
    var now =
        blobs.compute(
            key,
            (k, before) ->
                switch (condition) {
                  case Condition.Always() -> kept;
                  case Condition.IfAbsent() -> before == null ? kept : before;
                  case Condition.IfMatch(var etag) ->
                      before != null && before.stored.etag().equals(etag) ? kept : before;
                });
    return now == kept
        ? Future.succeededFuture(kept.stored)
        : Future.failedFuture(new PreconditionFailed(key, condition));
  }

  @Override
  public Future<Content> open(BlobKey key, ByteRange range) {
    var kept = blobs.get(key);
    if (kept == null) {
      return Future.failedFuture(new BlobNotFound(key));
    }
    return Future.succeededFuture(Content.of(kept.bytes, range));
  }

  @Override
  public Future<Optional<StoredBlob>> stat(BlobKey key) {
    return Future.succeededFuture(Optional.ofNullable(blobs.get(key)).map(Kept::stored));
  }

  @Override
  public Future<List<ListedBlob>> list(BlobKey prefix, Optional<BlobKey> last) {
    return Future.succeededFuture(
        blobs.tailMap(last.orElse(prefix), false).entrySet().stream()
            .map(entry -> new ListedBlob(entry.getKey(), entry.getValue().stored))
            .dropWhile(listed ->
                !listed.key().isBelow(prefix)
                    && listed.key().value().compareTo(prefix.value() + "/") < 0)
            .takeWhile(listed -> listed.key().isBelow(prefix))
            .limit(PAGE)
            .toList());
  }

  @Override
  public Future<StoredBlob> copy(BlobKey from, BlobKey to) {
    return open(from, ByteRange.ALL).compose(content -> put(to, content, Condition.ALWAYS));
  }

  @Override
  public Future<Void> delete(BlobKey key) {
    blobs.remove(key);
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> deleteAll(List<BlobKey> keys) {
    keys.forEach(blobs::remove);
    return Future.succeededFuture();
  }

  @Override
  public Future<Optional<URI>> url(BlobKey key, Duration validFor) {
    return Future.succeededFuture(Optional.empty());
  }

  /** What was not complete is gone with its process. */
  @Override
  public Future<Integer> sweep(Instant before) {
    return Future.succeededFuture(0);
  }
}
