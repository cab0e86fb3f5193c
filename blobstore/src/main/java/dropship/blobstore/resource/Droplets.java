package dropship.blobstore.resource;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.TappedStream;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.StoredBlob;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The droplets: opaque bytes under guid and hash. Whoever is the {@link DropletIntake} sees the
 * bytes of each upload as they pass.
 */
public final class Droplets {
  private final Vertx vertx;
  private final Blobstore store;
  private final DropletIntake intake;
  private final Limits limits;
  private final UploadSlots slots;
  private final ConcurrentHashMap<DropletId, Future<?>> changes = new ConcurrentHashMap<>();

  /**
   * What uploads may take.
   *
   * @param uploads how many run at once
   * @param patience how long one may bring next to nothing
   */
  public record Limits(int uploads, Duration patience) {}

  public Droplets(Vertx vertx, Blobstore store, DropletIntake intake, Limits limits) {
    this.vertx = vertx;
    this.store = store;
    this.intake = intake;
    this.limits = limits;
    this.slots = new UploadSlots(vertx, limits.uploads, limits.uploads);
  }

  /**
   * Stores a droplet that is streaming in. Order: what the intake makes of it, then the droplet,
   * then the intake's record; so a droplet whose storing has succeeded is ready in every respect,
   * and one whose has not leaves nothing that can be seen.
   *
   * @param body paused
   */
  public Future<Receipt> put(DropletId id, ReadStream<Buffer> body) {
    return inTurn(id, () -> slots.run(body, () -> putNow(id, body)));
  }

  private Future<Receipt> putNow(DropletId id, ReadStream<Buffer> body) {
    var arriving = intake.begin(id);
    var tapped =
        new TappedStream(vertx, body, arriving.bytes(), arriving::prepared, limits.patience);
    return store
        .put(id.key(), Content.of(tapped, OptionalLong.empty()), Condition.ALWAYS)
        .compose(stored -> arriving.commit())
        .onFailure(arriving::abort)
        .onComplete(ended -> tapped.stop())
        .compose(committed -> arriving.prepared());
  }

  /** Puts a droplet under another name as well; fails with {@code BlobNotFound}. */
  public Future<Void> copy(DropletId from, DropletId to) {
    return inTurn(
        to, () -> store.copy(from.key(), to.key()).compose(copied -> intake.copied(from, to)));
  }

  /** Size and version of what is stored under {@code key}, if anything is. */
  public Future<Optional<StoredBlob>> stat(BlobKey key) {
    return store.stat(key);
  }

  /** The bytes; fails with {@code BlobNotFound}. */
  public Future<Content> open(BlobKey key, ByteRange range) {
    return store.open(key, range);
  }

  /**
   * Where whoever has this URL reads the bytes itself; empty if only we can. See {@code Blobstore}.
   */
  public Future<Optional<URI>> url(BlobKey key, Duration validFor) {
    return store.url(key, validFor);
  }

  /** Deletes a droplet, and whether there was one. */
  public Future<Boolean> delete(DropletId id) {
    return inTurn(id, () -> deleteNow(id));
  }

  private Future<Boolean> deleteNow(DropletId id) {
    return store
        .stat(id.key())
        .compose(found ->
            found.isEmpty()
                ? Future.succeededFuture(false)
                : intake.deleted(id).compose(gone -> store.delete(id.key())).map(deleted -> true));
  }

  /**
   * What changes one droplet happens one after another: a droplet and what is remembered of it must
   * come from the same upload. Which of two uploads at once is the last is theirs to settle.
   */
  private <T> Future<T> inTurn(DropletId id, Supplier<Future<T>> change) {
    var context = Vertx.currentContext();
    var done = Promise.<T>promise();
    var before = changes.put(id, done.future());
    done.future().onComplete(ended -> changes.remove(id, done.future()));
    // What is thrown must end the turn as well.
    Runnable turn = () -> Future.succeededFuture().compose(now -> change.get()).onComplete(done);
    if (before == null) {
      turn.run();
    } else if (context == null) {
      before.onComplete(ended -> turn.run());
    } else {
      // On its own context, where the request's body belongs.
      before.onComplete(ended -> context.runOnContext(now -> turn.run()));
    }
    return done.future();
  }
}
