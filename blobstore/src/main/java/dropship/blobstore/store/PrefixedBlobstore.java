package dropship.blobstore.store;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import io.vertx.core.Future;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A part of another store: every key lies below a prefix there, which its users do not see. */
public final class PrefixedBlobstore implements Blobstore {
  private final Blobstore whole;
  private final BlobKey prefix;

  public PrefixedBlobstore(Blobstore whole, BlobKey prefix) {
    this.whole = whole;
    this.prefix = prefix;
  }

  @Override
  public Future<StoredBlob> put(BlobKey key, Content content, Condition condition) {
    return whole.put(outside(key), content, condition);
  }

  @Override
  public Future<Content> open(BlobKey key, ByteRange range) {
    return whole.open(outside(key), range);
  }

  @Override
  public Future<Optional<StoredBlob>> stat(BlobKey key) {
    return whole.stat(outside(key));
  }

  @Override
  public Future<List<ListedBlob>> list(BlobKey below, Optional<BlobKey> last) {
    return whole
        .list(outside(below), last.map(this::outside))
        .map(page -> page.stream().map(this::inside).toList());
  }

  @Override
  public Future<StoredBlob> copy(BlobKey from, BlobKey to) {
    return whole.copy(outside(from), outside(to));
  }

  @Override
  public Future<Void> delete(BlobKey key) {
    return whole.delete(outside(key));
  }

  @Override
  public Future<Void> deleteAll(List<BlobKey> keys) {
    return whole.deleteAll(keys.stream().map(this::outside).toList());
  }

  @Override
  public Future<Optional<URI>> url(BlobKey key, Duration validFor) {
    return whole.url(outside(key), validFor);
  }

  @Override
  public Future<Integer> sweep(Instant before) {
    return whole.sweep(before);
  }

  private BlobKey outside(BlobKey key) {
    return prefix.child(key.value());
  }

  private ListedBlob inside(ListedBlob listed) {
    var key = listed.key().value().substring(prefix.value().length() + 1);
    return new ListedBlob(new BlobKey(key), listed.blob());
  }
}
