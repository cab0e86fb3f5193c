package dropship.registry.image;

import dropship.blobstore.content.Concurrently;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.JsonBlobs;
import dropship.blobstore.store.ListedBlob;
import dropship.blobstore.store.PreconditionFailed;
import dropship.blobstore.store.Tombstones;
import dropship.blobstore.store.Tombstones.Tombstone;
import dropship.rootfs.catalog.RootfsCatalog;
import dropship.rootfs.layer.Layers;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what is of no use any more, while everything else goes on: layers that no record refers
 * to, records whose droplet is gone, versions of root file systems that were removed long ago, and
 * what broken uploads have left. {@link Tombstones} sees to it that nothing is removed that
 * somebody is about to use; any number of servers may collect at once.
 */
public final class Collector {
  private static final Logger LOG = LoggerFactory.getLogger(Collector.class);
  private static final BlobKey LAST = new BlobKey("gc.json");
  private static final int AT_ONCE = 16;

  /** No upload takes as long. */
  private static final Duration ABANDONED = Duration.ofDays(1);

  private final Blobstore store;
  private final JsonBlobs blobs;
  private final Blobstore droplets;
  private final RootfsCatalog catalog;
  private final Tombstones tombstones;
  private final Counter removedBlobs;
  private final Counter removedBytes;
  private final AtomicLong unusedBytes = new AtomicLong();

  /**
   * @param store where our own blobs are
   * @param droplets where the droplets are
   */
  public Collector(
      Vertx vertx,
      Blobstore store,
      Blobstore droplets,
      RootfsCatalog catalog,
      Tombstones tombstones,
      MeterRegistry metrics) {
    this.store = store;
    this.blobs = new JsonBlobs(vertx, store);
    this.droplets = droplets;
    this.catalog = catalog;
    this.tombstones = tombstones;
    this.removedBlobs =
        Counter.builder("dropship.gc.removed.blobs")
            .description("Layers and records that were removed because nothing needed them")
            .register(metrics);
    this.removedBytes =
        Counter.builder("dropship.gc.removed.bytes")
            .description("How large they were")
            .baseUnit("bytes")
            .register(metrics);
    Gauge.builder("dropship.gc.unused.bytes", unusedBytes, AtomicLong::get)
        .description("What nothing needed when this server looked last, and was not removed yet")
        .baseUnit("bytes")
        .register(metrics);
  }

  /** A number of blobs, and their size in bytes. */
  public record Amount(int blobs, long bytes) {
    static final Amount NONE = new Amount(0, 0);

    Amount plus(long size) {
      return new Amount(blobs + 1, bytes + size);
    }
  }

  /**
   * What there was to collect.
   *
   * @param kept layers that something refers to
   * @param removed layers and records; those that would be, if only asked for
   * @param waiting layers and records that will be removed once their grace is over
   * @param uploads parts of broken uploads that were given back
   */
  public record Report(Amount kept, Amount removed, Amount waiting, int uploads) {}

  /** When a collection last began, in the store. */
  private record Last(Instant began) {}

  /** Collects, unless this or another server has begun to within {@code interval}. */
  public Future<Optional<Report>> runIfDue(Duration interval) {
    var now = tombstones.now();
    return blobs
        .readVersioned(LAST, Last.class)
        .compose(last -> {
          if (last.filter(at -> now.isBefore(at.value().began.plus(interval))).isPresent()) {
            return Future.succeededFuture(Optional.<Report>empty());
          }
          var condition =
              last.<Condition>map(at -> new Condition.IfMatch(at.etag()))
                  .orElse(Condition.IF_ABSENT);
          return blobs
              .put(LAST, new Last(now), condition)
              .compose(ours -> run())
              .map(Optional::of)
              // Another server does it now.
              .recover(PreconditionFailed.then(() -> Future.succeededFuture(Optional.empty())));
        });
  }

  /** Collects now. */
  public Future<Report> run() {
    return look()
        .compose(found ->
            tombstones
                .forget(found.usedAgain())
                .compose(done -> bury(found))
                .compose(done -> remove(found))
                .compose(removed -> sweep().map(uploads -> found.report(removed, uploads))))
        .onSuccess(report -> {
          removedBlobs.increment(report.removed.blobs);
          removedBytes.increment((double) report.removed.bytes);
          unusedBytes.set(report.waiting.bytes);
          LOG.info(
              "collected {} blobs, {} bytes; {} blobs wait until nothing has needed them for long"
                  + " enough; {} layers are in use",
              report.removed.blobs,
              report.removed.bytes,
              report.waiting.blobs,
              report.kept.blobs);
        });
  }

  /** What {@link #run} would do now. */
  public Future<Report> dryRun() {
    return look().map(found -> found.report(found.overdue, 0));
  }

  /**
   * What was seen, in this order, which is what makes it safe: tombstones, then what there is, then
   * what refers to it.
   *
   * @param buried by blob
   * @param garbage what nothing needs, with its size
   * @param overdue what of it has been needed by nothing for the grace
   * @param kept the layers that are no garbage
   */
  private record Found(
      Map<BlobKey, Tombstone> buried,
      Map<BlobKey, Long> garbage,
      Set<BlobKey> overdue,
      Amount kept) {

    List<BlobKey> usedAgain() {
      return buried.keySet().stream().filter(blob -> !garbage.containsKey(blob)).toList();
    }

    List<BlobKey> unburied() {
      return garbage.keySet().stream().filter(blob -> !buried.containsKey(blob)).toList();
    }

    Report report(Set<BlobKey> removed, int uploads) {
      var gone = Amount.NONE;
      var waiting = Amount.NONE;
      for (var each : garbage.entrySet()) {
        if (removed.contains(each.getKey())) {
          gone = gone.plus(each.getValue());
        } else {
          waiting = waiting.plus(each.getValue());
        }
      }
      return new Report(kept, gone, waiting, uploads);
    }
  }

  private Future<Found> look() {
    var began = tombstones.now();
    var layersInUse = new HashSet<BlobKey>();
    var garbage = new HashMap<BlobKey, Long>();
    return tombstones
        .all()
        .compose(buried ->
            blobs
                .below(Layers.ALL)
                .compose(layers ->
                    lookAtDroplets(layersInUse, garbage)
                        .compose(done -> lookAtRootfs(layersInUse, garbage))
                        .map(done -> found(began, buried, layers, layersInUse, garbage))));
  }

  private Found found(
      Instant began,
      List<Tombstone> buried,
      List<ListedBlob> layers,
      Set<BlobKey> inUse,
      Map<BlobKey, Long> garbage) {
    var kept = Amount.NONE;
    for (var layer : layers) {
      if (inUse.contains(layer.key())) {
        kept = kept.plus(layer.blob().size());
      } else {
        garbage.put(layer.key(), layer.blob().size());
      }
    }
    var byBlob = new HashMap<BlobKey, Tombstone>();
    var overdue = new HashSet<BlobKey>();
    for (var tombstone : buried) {
      byBlob.put(tombstone.blob(), tombstone);
      if (garbage.containsKey(tombstone.blob()) && tombstones.isOver(tombstone, began)) {
        overdue.add(tombstone.blob());
      }
    }
    return new Found(byBlob, garbage, overdue, kept);
  }

  private Future<?> lookAtDroplets(Set<BlobKey> layersInUse, Map<BlobKey, Long> garbage) {
    return blobs
        .below(DropletRecord.ALL)
        .compose(records ->
            Concurrently.map(records, AT_ONCE, listed -> look(listed, layersInUse))
                .map(orphaned -> orphaned.stream().flatMap(Optional::stream).toList())
                .onSuccess(orphaned -> {
                  orphaned.forEach(record -> garbage.put(record.key(), record.blob().size()));
                  if (orphaned.size() > 10 && orphaned.size() * 2 > records.size()) {
                    LOG.warn(
                        "{} of {} droplets that were converted are not in the store of droplets;"
                            + " if that is a mistake of store.droplets, correct it before their"
                            + " images are removed",
                        orphaned.size(),
                        records.size());
                  }
                }));
  }

  /** The same record, if its droplet is gone; until it is removed it counts all the same. */
  private Future<Optional<ListedBlob>> look(ListedBlob listed, Set<BlobKey> layersInUse) {
    return blobs
        .find(listed.key(), DropletRecord.class)
        .compose(found -> {
          if (found.isEmpty()) {
            return Future.succeededFuture(Optional.empty());
          }
          synchronized (layersInUse) {
            found.get().layers().forEach(layer -> layersInUse.add(layer.layer().key()));
          }
          return droplets
              .stat(DropletRecord.idOf(listed.key()).key())
              .map(droplet -> droplet.isPresent() ? Optional.empty() : Optional.of(listed));
        });
  }

  private Future<?> lookAtRootfs(Set<BlobKey> layersInUse, Map<BlobKey, Long> garbage) {
    return catalog
        .inStore()
        .onSuccess(versions ->
            versions.forEach(version -> {
              version.record().allLayers().forEach(layer -> layersInUse.add(layer.key()));
              if (version.isOutdated()) {
                garbage.put(version.blob().key(), version.blob().blob().size());
              }
            }));
  }

  private Future<?> bury(Found found) {
    return Concurrently.map(found.unburied(), AT_ONCE, tombstones::bury);
  }

  private Future<Set<BlobKey>> remove(Found found) {
    var removed = new HashSet<BlobKey>();
    return Concurrently.map(
            new ArrayList<>(found.overdue),
            AT_ONCE,
            blob ->
                tombstones
                    .claim(
                        Optional.ofNullable(found.buried.get(blob)).orElseThrow(),
                        () -> store.delete(blob))
                    .onSuccess(deleted -> {
                      if (deleted) {
                        synchronized (removed) {
                          removed.add(blob);
                        }
                      }
                    }))
        .map(removed);
  }

  /** In a store of droplets that we may only read, nothing is ours to give back. */
  private Future<Integer> sweep() {
    var before = tombstones.now().minus(ABANDONED);
    return Future.all(
            store.sweep(before), droplets.sweep(before).otherwise(0), sweepConversions(before))
        .map(all -> all.<Integer>list().stream().mapToInt(Integer::intValue).sum());
  }

  /** Claims of servers that were killed. */
  private Future<Integer> sweepConversions(Instant before) {
    return blobs
        .below(LateConversions.CLAIMS)
        .compose(listed ->
            Concurrently.map(
                listed,
                AT_ONCE,
                claim ->
                    blobs
                        .find(claim.key(), LateConversions.Claim.class)
                        .compose(found ->
                            found.filter(left -> left.at().isBefore(before)).isPresent()
                                ? store.delete(claim.key())
                                : Future.succeededFuture())))
        .map(0);
  }
}
