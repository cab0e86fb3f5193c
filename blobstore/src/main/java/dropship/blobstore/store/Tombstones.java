package dropship.blobstore.store;

import dropship.blobstore.content.Concurrently;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Says since when blobs of ours have been of no use, so that what has been useless for long can be
 * deleted while others write. Any number of writers and collectors may do so at once; ADR 20 says
 * why nothing is lost.
 *
 * <ul>
 *   <li>A writer {@linkplain #spare spares} a blob before it looks whether the blob is there, and
 *       then has half the grace to put what refers to it.
 *   <li>A collector {@linkplain #bury buries} what nothing refers to. What has been buried for the
 *       grace when the collector began to look for references, and is not referred to still, it
 *       {@linkplain #claim claims}, deletes and {@linkplain #forget forgets}.
 * </ul>
 */
public final class Tombstones {
  private static final BlobKey ALL = new BlobKey("tombstones");

  /** How long a claim holds off writers; a collector that has not deleted by then gives up. */
  static final Duration CLAIM = Duration.ofMinutes(2);

  private static final long LOOK_AGAIN_MILLIS = 250;
  private static final int AT_ONCE = 16;

  private final Vertx vertx;
  private final Blobstore store;
  private final JsonBlobs blobs;
  private final Duration grace;
  private final Clock clock;

  /**
   * Keeps tombstones in {@code store}, beside what they are for.
   *
   * @param grace how long a blob must be of no use before it is deleted
   */
  public Tombstones(Vertx vertx, Blobstore store, Duration grace, Clock clock) {
    this.vertx = vertx;
    this.store = store;
    this.blobs = new JsonBlobs(vertx, store);
    this.grace = grace;
    this.clock = clock;
  }

  private record Inscription(Instant since, Optional<Instant> claimed) {}

  /** One that stands, as it was read. */
  public record Tombstone(BlobKey blob, Instant since, String etag) {}

  /**
   * For whoever is about to refer to {@code blob}: once this has succeeded, no collector deletes it
   * for half the grace, if it is there. Waits while a collector is deleting it.
   */
  public Future<Void> spare(BlobKey blob) {
    var key = keyFor(blob);
    return blobs
        .readVersioned(key, Inscription.class)
        .compose(found -> {
          if (found.isEmpty()) {
            return Future.succeededFuture();
          }
          var now = clock.instant();
          var claimed = found.get().value().claimed();
          if (claimed.filter(at -> now.isBefore(at.plus(CLAIM))).isPresent()) {
            return vertx.timer(LOOK_AGAIN_MILLIS).compose(later -> spare(blob));
          }
          return blobs
              .put(
                  key,
                  new Inscription(now, Optional.empty()),
                  new Condition.IfMatch(found.get().etag()))
              .<Void>mapEmpty()
              .recover(PreconditionFailed.then(() -> spare(blob)));
        });
  }

  /** The time by which graces are counted. */
  public Instant now() {
    return clock.instant();
  }

  /** Fails if it is too late to refer to what was spared at {@code when}, or later. */
  public void checkSpared(Instant when) {
    var now = clock.instant();
    if (!now.isBefore(when.plus(grace.dividedBy(2)))) {
      throw new IllegalStateException(
          "storing took %s, expected less than half of gc.grace, which is %s; try again"
              .formatted(Duration.between(when, now), grace));
    }
  }

  /** All that stand. */
  public Future<List<Tombstone>> all() {
    return blobs
        .below(ALL)
        .compose(listed -> Concurrently.map(listed, AT_ONCE, this::read))
        .map(found -> found.stream().flatMap(Optional::stream).toList());
  }

  private Future<Optional<Tombstone>> read(ListedBlob listed) {
    return blobs
        .find(listed.key(), Inscription.class)
        .map(found ->
            found.map(inscription ->
                new Tombstone(blobOf(listed.key()), inscription.since, listed.blob().etag())));
  }

  /** Begins the grace of a blob that nothing refers to; unless it has begun. */
  public Future<Void> bury(BlobKey blob) {
    return blobs
        .put(keyFor(blob), new Inscription(clock.instant(), Optional.empty()), Condition.IF_ABSENT)
        .<Void>mapEmpty()
        .recover(PreconditionFailed.then(() -> Future.succeededFuture()));
  }

  /** Whether the grace of this one was over at {@code when}. */
  public boolean isOver(Tombstone tombstone, Instant when) {
    return !when.isBefore(tombstone.since.plus(grace));
  }

  /**
   * Lets {@code delete} run, which must delete the blob, unless somebody has spared it since the
   * tombstone was read; then forgets it. True if it has been deleted.
   */
  public Future<Boolean> claim(Tombstone tombstone, Supplier<Future<Void>> delete) {
    var claimed = clock.instant();
    return blobs
        .put(
            keyFor(tombstone.blob),
            new Inscription(tombstone.since, Optional.of(claimed)),
            new Condition.IfMatch(tombstone.etag))
        .compose(mine ->
            // Who was stopped for long, and goes on, must not delete what has been put since.
            clock.instant().isBefore(claimed.plus(CLAIM.dividedBy(2)))
                ? delete.get().compose(deleted -> forget(List.of(tombstone.blob))).map(true)
                : Future.succeededFuture(false))
        .recover(PreconditionFailed.then(() -> Future.succeededFuture(false)));
  }

  /** Takes the tombstones of these away: something refers to them again, or they are gone. */
  public Future<Void> forget(List<BlobKey> blobs) {
    return store.deleteAll(blobs.stream().map(Tombstones::keyFor).toList());
  }

  private static BlobKey keyFor(BlobKey blob) {
    return ALL.child(blob.value());
  }

  private static BlobKey blobOf(BlobKey key) {
    return new BlobKey(key.value().substring(ALL.value().length() + 1));
  }
}
