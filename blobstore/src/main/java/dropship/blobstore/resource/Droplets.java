package dropship.blobstore.resource;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.TappedStream;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.StoredBlob;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The droplets: opaque bytes under guid and hash. Whoever is the {@link DropletIntake} sees the
 * bytes of each upload as they pass.
 */
public final class Droplets {
  private final Blobstore store;
  private final DropletIntake intake;

  public Droplets(Blobstore store, DropletIntake intake) {
    this.store = store;
    this.intake = intake;
  }

  /**
   * Stores a droplet that is streaming in. Order: what the intake makes of it, then the droplet,
   * then the intake's record; so a droplet whose storing has succeeded is ready in every respect,
   * and one whose has not leaves nothing that can be seen.
   *
   * @param body paused
   */
  public Future<Receipt> put(DropletId id, ReadStream<Buffer> body) {
    var arriving = intake.begin(id);
    var tapped = new TappedStream(body, arriving.bytes(), arriving::prepared);
    return store
        .put(id.key(), Content.of(tapped, OptionalLong.empty()), Condition.ALWAYS)
        .compose(stored -> arriving.commit())
        .onFailure(arriving::abort)
        .compose(committed -> arriving.prepared());
  }

  /** Puts a droplet under another name as well; fails with {@code BlobNotFound}. */
  public Future<Void> copy(DropletId from, DropletId to) {
    return store.copy(from.key(), to.key()).compose(copied -> intake.copied(from, to));
  }

  /** Size and version of what is stored under {@code key}, if anything is. */
  public Future<Optional<StoredBlob>> stat(BlobKey key) {
    return store.stat(key);
  }

  /** The bytes; fails with {@code BlobNotFound}. */
  public Future<Content> open(BlobKey key, ByteRange range) {
    return store.open(key, range);
  }

  /** Deletes a droplet, and whether there was one. */
  public Future<Boolean> delete(DropletId id) {
    return store
        .stat(id.key())
        .compose(found ->
            found.isEmpty()
                ? Future.succeededFuture(false)
                : intake.deleted(id).compose(gone -> store.delete(id.key())).map(deleted -> true));
  }
}
