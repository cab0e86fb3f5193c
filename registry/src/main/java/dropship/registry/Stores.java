package dropship.registry;

import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.PrefixedBlobstore;
import dropship.blobstore.store.cache.CachedBlobstore;
import dropship.blobstore.store.local.LocalBlobstore;
import dropship.blobstore.store.memory.MemoryBlobstore;
import dropship.blobstore.store.s3.S3Blobstore;
import dropship.blobstore.store.s3.S3Connection;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What a server keeps things in.
 *
 * @param droplets as they were uploaded, under keys that the Cloud Controller knows too
 * @param ours what is made of them, and root file systems
 * @param scratch for files that need not survive the process
 * @param open what is closed at the end, in this order
 */
record Stores(Blobstore droplets, Blobstore ours, Path scratch, List<AutoCloseable> open) {
  static final BlobKey DROPLETS = new BlobKey("cc-droplets");
  static final BlobKey OURS = new BlobKey("dropship");

  private static final BlobKey PROBE = new BlobKey("probe");
  private static final long ANSWER_SECONDS = 5;

  /** Opens them. Blocks. */
  static Stores open(Vertx vertx, Config.Store config, MeterRegistry metrics) throws IOException {
    return switch (config) {
      case Config.Store.Memory() -> {
        var scratch = Scratch.open(Optional.empty());
        yield partsOf(new MemoryBlobstore(vertx), scratch.folder(), scratch);
      }
      case Config.Store.Local(var path) -> {
        var local = LocalBlobstore.open(vertx, path);
        yield partsOf(local, local.scratch(), local);
      }
      case Config.Store.S3 s3 -> {
        var scratch = Scratch.open(s3.scratch());
        var connection = S3Connection.open(s3.connection());
        var droplets = bucket(vertx, connection, s3.droplets());
        var ours = bucket(vertx, connection, s3.ours());
        if (s3.cache().isEmpty()) {
          yield new Stores(droplets, ours, scratch.folder(), List.of(connection, scratch));
        }
        var kept = s3.cache().get();
        var cache = CachedBlobstore.open(vertx, ours, kept.path(), kept.size());
        measure(cache, metrics);
        yield new Stores(droplets, cache, scratch.folder(), List.of(cache, connection, scratch));
      }
    };
  }

  private static void measure(CachedBlobstore cache, MeterRegistry metrics) {
    FunctionCounter.builder("dropship.cache.hits", cache, kept -> kept.stats().hits())
        .description("Reads of layers that were on the local disk")
        .register(metrics);
    FunctionCounter.builder("dropship.cache.misses", cache, kept -> kept.stats().misses())
        .description("Reads of layers that were still arriving on the local disk")
        .register(metrics);
    FunctionCounter.builder("dropship.cache.passed", cache, kept -> kept.stats().passed())
        .description("Reads of layers past the local disk: they are too large, or it fails")
        .register(metrics);
    FunctionCounter.builder("dropship.cache.downloads", cache, kept -> kept.stats().downloads())
        .description("Layers that were fetched for the local disk, however that ended")
        .register(metrics);
    FunctionCounter.builder("dropship.cache.refused", cache, kept -> kept.stats().refused())
        .description("Layers of which the store had other bytes than their names say")
        .register(metrics);
    Gauge.builder("dropship.cache.bytes", cache, kept -> kept.stats().bytes())
        .description("What the layers on the local disk take of it")
        .baseUnit("bytes")
        .register(metrics);
  }

  private static Stores partsOf(Blobstore whole, Path scratch, AutoCloseable open) {
    return new Stores(
        new PrefixedBlobstore(whole, DROPLETS),
        new PrefixedBlobstore(whole, OURS),
        scratch,
        List.of(open));
  }

  private static Blobstore bucket(Vertx vertx, S3Connection connection, Config.Place place) {
    return new S3Blobstore(vertx, connection, place.bucket(), place.prefix());
  }

  /** Succeeds if both are there and answer soon. Of one blob S3 would not say that no bucket is. */
  Future<?> answer() {
    return Future.all(droplets.list(PROBE, Optional.empty()), ours.list(PROBE, Optional.empty()))
        .timeout(ANSWER_SECONDS, TimeUnit.SECONDS);
  }
}
