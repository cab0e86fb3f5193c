package dropship.registry.image;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.resource.DropletId;
import dropship.blobstore.store.Tombstones;
import dropship.blobstore.store.local.LocalBlobstore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The records of droplets, asked for on many event loops at once. */
@Timeout(60)
class DropletRecordsTest {
  private static final int LOOPS = 8;
  private static final DropletRecord RECORD =
      new DropletRecord(
          1,
          "sha1",
          "sha256",
          List.of(),
          "codec",
          Optional.empty(),
          Optional.empty(),
          Instant.EPOCH,
          Map.of(),
          Optional.empty());

  /** Else one event loop would write the answers of another's connections. */
  @Test
  void answersEachOnTheEventLoopItWasAskedOn(@TempDir Path directory) throws Exception {
    var vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS));
    try (var store = LocalBlobstore.open(vertx, directory)) {
      var metrics = new SimpleMeterRegistry();
      var id = new DropletId("guid", "hash");
      var tombstones = new Tombstones(vertx, store, Duration.ofHours(1), Clock.systemUTC());
      await(
          new DropletRecords(vertx, store, tombstones, metrics).put(id, RECORD, tombstones.now()));
      var records = new DropletRecords(vertx, store, tombstones, metrics);

      var asked =
          IntStream.range(0, LOOPS)
              .mapToObj(loop -> ((VertxInternal) vertx).createEventLoopContext())
              .map(context -> ask(records, id, context))
              .toList();

      for (var onItsOwn : asked) {
        assertThat(await(onItsOwn)).isTrue();
      }
    } finally {
      await(vertx.close());
    }
  }

  private static Future<Boolean> ask(DropletRecords records, DropletId id, Context context) {
    return Future.future(answered ->
        context.runOnContext(now ->
            records
                .find(id)
                .compose(found -> records.ofGuid(id.guid()))
                .onComplete(
                    found -> answered.complete(Vertx.currentContext() == context),
                    answered::fail)));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.await(30, TimeUnit.SECONDS);
  }
}
