package dropship.registry.image;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.resource.DropletId;
import dropship.blobstore.resource.DropletIntake;
import dropship.blobstore.resource.UploadSlots;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.JsonBlobs;
import dropship.blobstore.store.PreconditionFailed;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Converts droplets that have not come through us, when they are asked for: the Cloud Controller
 * has put them into its own store, or they were there before we were. However many nodes ask, here
 * and of other servers, one conversion is enough; a claim in the store says that somebody is at it.
 * A claim is a courtesy: two conversions of one droplet give the same layers and the same record.
 */
final class LateConversions {
  private static final Logger LOG = LoggerFactory.getLogger(LateConversions.class);
  static final BlobKey CLAIMS = new BlobKey("conversions");

  /** Each takes some megabytes; pulls that wait for one take next to nothing. */
  private static final int AT_ONCE = 8;

  private static final int IN_LINE = 2000;

  /** Who has not renewed a claim for as long is no more. */
  private static final Duration CLAIM = Duration.ofSeconds(15);

  private static final long RENEWED_MILLIS = CLAIM.toMillis() / 5;
  private static final long LOOK_AGAIN_MILLIS = 500;

  private final Vertx vertx;
  private final Blobstore droplets;
  private final Blobstore store;
  private final JsonBlobs blobs;
  private final DropletIntake intake;
  private final DropletRecords records;
  private final Clock clock;
  private final UploadSlots slots;
  private final ConcurrentHashMap<DropletId, Future<Optional<DropletRecord>>> underWay =
      new ConcurrentHashMap<>();

  /**
   * @param droplets where the droplets are; only read
   * @param store where our own blobs are
   */
  LateConversions(
      Vertx vertx,
      Blobstore droplets,
      Blobstore store,
      DropletIntake intake,
      DropletRecords records,
      Clock clock) {
    this.vertx = vertx;
    this.droplets = droplets;
    this.store = store;
    this.blobs = new JsonBlobs(vertx, store);
    this.intake = intake;
    this.records = records;
    this.clock = clock;
    this.slots = new UploadSlots(vertx, AT_ONCE, IN_LINE);
  }

  /** Who converts, and when it last said so. */
  record Claim(String by, Instant at) {}

  /** The record of a droplet that had none; empty if there is no such droplet either. */
  Future<Optional<DropletRecord>> record(DropletId id) {
    var context = vertx.getOrCreateContext();
    return droplets
        .stat(id.key())
        .compose(found ->
            found.isEmpty()
                ? Future.succeededFuture(Optional.empty())
                : Future.future(done ->
                    underWay
                        .computeIfAbsent(id, this::begin)
                        .onComplete(made -> context.runOnContext(now -> done.handle(made)))));
  }

  private Future<Optional<DropletRecord>> begin(DropletId id) {
    var conversion = vertx.getOrCreateContext();
    return Future.future(done ->
        // Not before this map entry is there, as it takes itself away in the end.
        conversion.runOnContext(now ->
            slots
                .run(() -> convert(id))
                .onComplete(ended -> underWay.remove(id))
                .onComplete(done)));
  }

  private Future<Optional<DropletRecord>> convert(DropletId id) {
    return records
        .find(id)
        .compose(found ->
            found.isPresent()
                ? Future.succeededFuture(found)
                : claim(id)
                    .compose(ours ->
                        ours.isPresent()
                            ? convert(id, ours.get())
                            : vertx.timer(LOOK_AGAIN_MILLIS).compose(later -> convert(id))));
  }

  private static BlobKey claimOf(DropletId id) {
    return CLAIMS.child(id + ".json");
  }

  /** Our claim, unless somebody else has one. */
  private Future<Optional<Claim>> claim(DropletId id) {
    var ours = new Claim(UUID.randomUUID().toString(), clock.instant());
    return blobs
        .readVersioned(claimOf(id), Claim.class)
        .compose(found -> {
          if (found.filter(theirs -> isAlive(theirs.value())).isPresent()) {
            return Future.succeededFuture(Optional.<Claim>empty());
          }
          var condition =
              found
                  .<Condition>map(left -> new Condition.IfMatch(left.etag()))
                  .orElse(Condition.IF_ABSENT);
          return blobs.put(claimOf(id), ours, condition).map(Optional.of(ours));
        })
        .recover(PreconditionFailed.then(() -> Future.succeededFuture(Optional.empty())));
  }

  private boolean isAlive(Claim claim) {
    return clock.instant().isBefore(claim.at.plus(CLAIM));
  }

  private Future<Optional<DropletRecord>> convert(DropletId id, Claim ours) {
    LOG.info("converting the droplet {}, which did not come through here", id);
    long renewal =
        vertx.setPeriodic(
            RENEWED_MILLIS,
            now -> blobs.put(claimOf(id), new Claim(ours.by, clock.instant()), Condition.ALWAYS));
    return read(id)
        .eventually(() -> {
          vertx.cancelTimer(renewal);
          return store.delete(claimOf(id));
        })
        .compose(done -> records.find(id));
  }

  private Future<Void> read(DropletId id) {
    return droplets
        .open(id.key(), ByteRange.ALL)
        .compose(content -> {
          var arriving = intake.begin(id);
          arriving.bytes().fillFrom(content.stream(vertx));
          return arriving
              .prepared()
              .compose(receipt -> arriving.commit())
              .onFailure(arriving::abort)
              .onComplete(ended -> content.close());
        });
  }
}
