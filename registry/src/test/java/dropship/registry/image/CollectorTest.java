package dropship.registry.image;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.content.Content;
import dropship.blobstore.content.Digest;
import dropship.blobstore.resource.DropletId;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.JsonBlobs;
import dropship.blobstore.store.ListedBlob;
import dropship.blobstore.store.PrefixedBlobstore;
import dropship.blobstore.store.Tombstones;
import dropship.blobstore.store.memory.MemoryBlobstore;
import dropship.rootfs.catalog.RootfsCatalog;
import dropship.rootfs.layer.Compression;
import dropship.rootfs.layer.DiffId;
import dropship.rootfs.layer.Layer;
import dropship.rootfs.layer.Layers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is removed, and above all what is not. */
@Timeout(180)
class CollectorTest {
  private static final Duration GRACE = Duration.ofHours(1);

  /** Passes several times within a test; much longer than a request takes in it. */
  private static final Duration SHORT = Duration.ofMinutes(5);

  private static final BlobKey TOMBSTONES = new BlobKey("tombstones");
  private static final DropletId ONE = new DropletId("guid", "one");

  private final Vertx vertx = Vertx.vertx();
  private final Context loop = vertx.getOrCreateContext();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final MovedClock time = new MovedClock();
  private final MemoryBlobstore memory = new MemoryBlobstore(vertx);
  private final List<Layer> pool = new ArrayList<>();
  private final Map<Layer, Path> files = new HashMap<>();
  @TempDir private Path directory;

  /** A clock that is put forward by hand. */
  private static final class MovedClock extends Clock {
    private final AtomicReference<Instant> now =
        new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

    void advance(Duration by) {
      now.updateAndGet(before -> before.plus(by));
    }

    @Override
    public Instant instant() {
      return now.get();
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  /** A server: everything that one has of its own, over a store that others use too. */
  private final class Replica {
    private final Blobstore droplets;
    private final Tombstones tombstones;
    private final Layers layers;
    private final DropletRecords records;
    private final Collector collector;

    Replica(Blobstore store, Duration grace) {
      droplets = new PrefixedBlobstore(store, new BlobKey("cc-droplets"));
      tombstones = new Tombstones(vertx, store, grace, time);
      layers = new Layers(vertx, store, tombstones, threads);
      records = new DropletRecords(vertx, store, tombstones, new SimpleMeterRegistry());
      var catalog =
          new RootfsCatalog(
              vertx,
              store,
              tombstones,
              new RootfsCatalog.Settings(Compression.ZSTD, Duration.ofDays(30)),
              directory,
              threads,
              time);
      collector =
          new Collector(vertx, store, droplets, catalog, tombstones, new SimpleMeterRegistry());
    }

    /** As an upload does, in its order; another droplet's hash would be another id's. */
    Future<Void> upload(DropletId id, List<Layer> of) {
      var from = new HashMap<Layer, Path>();
      of.forEach(layer -> from.put(layer, files.get(layer)));
      return layers
          .putAll(from)
          .compose(since ->
              droplets
                  .put(id.key(), Content.of("droplet"), Condition.ALWAYS)
                  .compose(stored -> records.put(id, record(of), since)));
    }

    Future<Void> delete(DropletId id) {
      return records.delete(id).compose(gone -> droplets.delete(id.key()));
    }
  }

  @BeforeEach
  void makeLayers() throws IOException {
    for (int i = 0; i < 100; i++) {
      var bytes = ("layer " + i).getBytes();
      var digest = Digest.of(bytes);
      var layer =
          new Layer(Compression.NONE, digest, bytes.length, new DiffId(digest), bytes.length);
      pool.add(layer);
      files.put(layer, Files.write(directory.resolve("layer-" + i), bytes));
    }
  }

  @AfterEach
  void close() {
    await(vertx.close());
    threads.shutdownNow();
  }

  private static DropletRecord record(List<Layer> layers) {
    return new DropletRecord(
        1,
        "sha1",
        layers.toString(),
        layers.stream().map(layer -> new DropletLayer(DropletLayer.Kind.app, layer)).toList(),
        "codec",
        Optional.empty(),
        Optional.empty(),
        Instant.EPOCH,
        Map.of(),
        Optional.empty());
  }

  @Test
  void removesLayersThatNothingHasReferredToForTheGrace() {
    var replica = new Replica(memory, GRACE);
    await(replica.upload(ONE, pool.subList(0, 2)));
    await(replica.upload(new DropletId("guid", "two"), pool.subList(1, 3)));
    await(replica.delete(ONE));

    var first = await(replica.collector.run());
    time.advance(GRACE.minusSeconds(1));
    var early = await(replica.collector.run());
    time.advance(Duration.ofSeconds(1));
    var planned = await(replica.collector.dryRun());
    var last = await(replica.collector.run());

    assertThat(first.waiting()).isEqualTo(new Collector.Amount(1, 7));
    assertThat(early.removed()).isEqualTo(Collector.Amount.NONE);
    assertThat(planned.removed()).isEqualTo(new Collector.Amount(1, 7));
    assertThat(last.removed()).isEqualTo(new Collector.Amount(1, 7));
    assertThat(below(Layers.ALL)).containsExactlyInAnyOrder(pool.get(1).key(), pool.get(2).key());
    assertThat(below(TOMBSTONES)).isEmpty();
  }

  @Test
  void removesRecordsWhoseDropletSomebodyElseHasDeleted() {
    var replica = new Replica(memory, GRACE);
    await(replica.upload(ONE, pool.subList(0, 2)));
    await(replica.droplets.delete(ONE.key()));

    for (int i = 0; i < 4; i++) {
      await(replica.collector.run());
      time.advance(GRACE);
    }

    assertThat(await(replica.records.find(ONE))).isEmpty();
    assertThat(below(Layers.ALL)).isEmpty();
    assertThat(below(TOMBSTONES)).isEmpty();
  }

  @Test
  void keepsWhatIsUploadedAgainBeforeItIsRemoved() {
    var replica = new Replica(memory, GRACE);
    await(replica.upload(ONE, pool.subList(0, 2)));
    await(replica.delete(ONE));
    await(replica.collector.run());
    time.advance(GRACE.multipliedBy(2));
    await(replica.upload(ONE, pool.subList(0, 2)));

    await(replica.collector.run());

    assertThat(below(Layers.ALL)).hasSize(2);
    assertThat(below(TOMBSTONES)).isEmpty();
  }

  @Test
  void removesNothingWhenARecordCannotBeRead() {
    var replica = new Replica(memory, GRACE);
    await(replica.upload(ONE, pool.subList(0, 1)));
    await(replica.delete(ONE));
    await(replica.collector.run());
    time.advance(GRACE);
    await(memory.put(DropletRecord.keyOf(ONE), Content.of("no JSON"), Condition.ALWAYS));

    var run = replica.collector.run();

    assertThat(awaitEnd(run)).hasMessageContaining("reading 'droplets/guid/one.json'");
    assertThat(below(Layers.ALL)).hasSize(1);
  }

  @Test
  void oneOfSeveralServersCollectsWhenItIsTime() {
    var one = new Replica(memory, GRACE);
    var other = new Replica(memory, GRACE);

    assertThat(await(one.collector.runIfDue(GRACE))).isPresent();
    assertThat(await(other.collector.runIfDue(GRACE))).isEmpty();
    time.advance(GRACE);
    assertThat(await(other.collector.runIfDue(GRACE))).isPresent();
  }

  @Test
  void takesOverWhatACollectorHasClaimedThatIsNoMore() {
    var replica = new Replica(memory, GRACE);
    await(replica.upload(ONE, pool.subList(0, 1)));
    await(replica.delete(ONE));
    await(replica.collector.run());
    time.advance(GRACE);
    var buried = await(replica.tombstones.all()).getFirst();
    var died = replica.tombstones.claim(buried, () -> Future.failedFuture("killed"));
    assertThat(awaitEnd(died)).hasMessage("killed");

    var upload = replica.upload(ONE, pool.subList(0, 1));
    assertThat(upload.isComplete()).isFalse();
    time.advance(Duration.ofMinutes(2));
    await(upload);
    await(replica.collector.run());

    assertThat(below(Layers.ALL)).hasSize(1);
  }

  /**
   * Uploads, copies, deletions, collections by two servers, and hours that pass, all at once and
   * each request at another speed: whatever a record refers to is there as long as the record is.
   * In the end nothing is left.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void neverRemovesWhatARecordRefersTo(long seed) {
    var replicas =
        List.of(
            new Replica(new Slow(vertx, memory), SHORT),
            new Replica(new Slow(vertx, memory), SHORT));
    var lost = Collections.synchronizedList(new ArrayList<String>());
    var uploads = new ArrayList<Future<?>>();
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
    for (int lane = 0; lane < 8; lane++) {
      var replica = replicas.get(lane % 2);
      var random = new Random(seed * 100 + lane);
      uploads.add(onLoop(() -> change(replica, random, until)));
    }
    for (var replica : replicas) {
      uploads.add(onLoop(() -> collect(replica, until)));
    }
    uploads.add(onLoop(() -> letTimePass(new Random(seed), until)));
    while (System.nanoTime() < until) {
      lookForLosses(lost);
      assertThat(lost).isEmpty();
    }
    await(Future.join(uploads).otherwiseEmpty());
    lookForLosses(lost);
    assertThat(lost).isEmpty();
    assertThat(uploads).allMatch(Future::succeeded);

    for (int i = 0; i < 6; i++) {
      await(replicas.getFirst().delete(droplet(i)));
    }
    for (int i = 0; i < 4; i++) {
      time.advance(GRACE);
      await(replicas.getLast().collector.run());
    }
    assertThat(below(Layers.ALL)).isEmpty();
    assertThat(below(DropletRecord.ALL)).isEmpty();
    assertThat(below(TOMBSTONES)).isEmpty();
  }

  /** All on one, so that no request is overtaken by hours because its thread had to wait. */
  private Future<Void> onLoop(Supplier<Future<Void>> lane) {
    var done = Promise.<Void>promise();
    loop.runOnContext(now -> lane.get().onComplete(done));
    return done.future();
  }

  private static DropletId droplet(int number) {
    return new DropletId("guid-" + number / 2, "hash-" + number % 2);
  }

  private Future<Void> change(Replica replica, Random random, long until) {
    if (System.nanoTime() > until) {
      return Future.succeededFuture();
    }
    var id = droplet(random.nextInt(6));
    int first = random.nextInt(pool.size() - 3);
    Future<Void> change =
        switch (random.nextInt(5)) {
          case 0, 1 -> replica.delete(id);
          case 2 -> replica.records.copy(droplet(random.nextInt(6)), id);
          default -> replica.upload(id, pool.subList(first, first + 1 + random.nextInt(3)));
        };
    return change
        .recover(failure ->
            // Hours have passed while it was at it.
            String.valueOf(failure.getMessage()).contains("storing took")
                ? Future.succeededFuture()
                : Future.failedFuture(failure))
        .compose(done -> change(replica, random, until));
  }

  private Future<Void> collect(Replica replica, long until) {
    return System.nanoTime() > until
        ? Future.succeededFuture()
        : replica.collector.run().compose(done -> collect(replica, until));
  }

  private Future<Void> letTimePass(Random random, long until) {
    if (System.nanoTime() > until) {
      return Future.succeededFuture();
    }
    time.advance(Duration.ofSeconds(random.nextInt(9)));
    return vertx.timer(1 + random.nextInt(10)).compose(later -> letTimePass(random, until));
  }

  private void lookForLosses(List<String> lost) {
    var truth = new JsonBlobs(vertx, memory);
    for (var listed : await(truth.below(DropletRecord.ALL))) {
      var record = await(truth.readVersioned(listed.key(), DropletRecord.class));
      if (record.isEmpty()) {
        continue;
      }
      for (var layer : record.get().value().layers()) {
        if (await(memory.stat(layer.layer().key())).isEmpty()
            && await(memory.stat(listed.key()))
                .filter(now -> now.etag().equals(record.get().etag()))
                .isPresent()) {
          lost.add(listed.key() + " without " + layer.layer().key());
        }
      }
    }
  }

  private List<BlobKey> below(BlobKey prefix) {
    return await(memory.list(prefix, Optional.empty())).stream().map(ListedBlob::key).toList();
  }

  private static Throwable awaitEnd(Future<?> future) {
    return Optional.ofNullable(
            await(future.map(Throwable.class::cast).recover(Future::succeededFuture)))
        .orElseThrow(() -> new AssertionError("it succeeded"));
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError("no answer", e);
    }
  }
}
