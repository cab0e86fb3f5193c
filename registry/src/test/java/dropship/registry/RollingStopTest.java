package dropship.registry;

import static dropship.registry.RunningServer.basic;
import static dropship.registry.RunningServer.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.content.DigestingOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server that is told to stop, as in a rolling update, finishes what it has begun: pulls that
 * have only started, uploads that have only half arrived.
 */
@Timeout(180)
class RollingStopTest {
  private static final int PULLS = 20;
  private static final int UPLOADS = 4;
  private static final int LAYER = 100 << 20;
  private static final int FIRST_PART = 1 << 20;
  private static final Duration LIMIT = Duration.ofSeconds(70);

  @TempDir private static Path directory;
  private static RunningServer.DropletLayer layer;

  @AutoClose("shutdownNow")
  private final ExecutorService clients = Executors.newCachedThreadPool();

  /** Opens when the server has been seen to stop. */
  private final CountDownLatch stopping = new CountDownLatch(1);

  /** A droplet that both of the servers below have in their store. */
  @BeforeAll
  static void store() throws Exception {
    Certificates.write(directory);
    var file = directory.resolve("droplet.tgz");
    try (var out = Files.newOutputStream(file)) {
      var droplet = new BulkyDroplet(out, LAYER);
      droplet.write(LAYER);
      droplet.end();
    }
    try (var server = start(Map.of())) {
      server.withRootfs("1.0");
      assertThat(server.upload("guid", "hash", file).statusCode()).isEqualTo(201);
      layer = server.dropletLayer("guid", "hash");
    }
    assertThat(layer.size()).isGreaterThan(LAYER);
  }

  private static ForkedServer start(Map<String, String> tls) throws Exception {
    var variables = new HashMap<>(tls);
    variables.put("DROPSHIP_LIMITS_DROPLETS", "200MiB");
    return ForkedServer.fork(directory, variables);
  }

  @ParameterizedTest(name = "over TLS: {0}")
  @ValueSource(booleans = {false, true})
  void finishesWhatItHasBegunAndTakesNothingMore(boolean tls) throws Exception {
    var guid = "tls-" + tls;
    var droplets = new ArrayList<byte[]>();
    try (var server = start(tls ? Certificates.TLS : Map.of())) {
      var begun = new CountDownLatch(PULLS + UPLOADS);
      var pulls = new ArrayList<Future<String>>();
      for (int i = 0; i < PULLS; i++) {
        pulls.add(clients.submit(() -> pull(server, begun)));
      }
      var uploads = new ArrayList<Future<Integer>>();
      for (int i = 0; i < UPLOADS; i++) {
        var path = "/droplets/%s/%d".formatted(guid, i);
        var droplet = Tars.bulkyDroplet(1_000_000 * (i + 1));
        droplets.add(droplet);
        uploads.add(clients.submit(() -> upload(server, path, droplet, begun)));
      }
      eventually(
          "all have begun",
          () -> {
            expectNoneIsDone(pulls);
            expectNoneIsDone(uploads);
            return begun.getCount() == 0;
          });
      assertThat(server.ops("/readyz").statusCode()).isEqualTo(200);

      server.terminate();

      eventually("the server is not ready", () -> !isReady(server));
      for (var surface : List.of("registry", "api")) {
        eventually(surface + " takes no connections", () -> !answers(server, surface));
      }
      expectNoneIsDone(pulls);
      expectNoneIsDone(uploads);
      stopping.countDown();
      for (var pull : pulls) {
        assertThat(pull.get()).isEqualTo(layer.digest());
      }
      for (var upload : uploads) {
        assertThat(upload.get()).isEqualTo(201);
      }
      assertThat(server.exitStatus(LIMIT)).isIn(0, 143);
    }

    try (var restarted = start(Map.of())) {
      for (int i = 0; i < UPLOADS; i++) {
        var droplet = restarted.send(restarted.api("/droplets/%s/%d".formatted(guid, i)));
        assertThat(Tars.digest(droplet.body())).isEqualTo(Tars.digest(droplets.get(i)));
        restarted.expectWholeImage(guid, "" + i);
      }
      assertThat(restarted.partial()).isEmpty();
    }
  }

  /** Pulls the layer, most of it after the server has been told to stop. Tells what it was. */
  private String pull(RunningServer server, CountDownLatch begun) throws Exception {
    try (var connection = server.connect("registry");
        var digesting = new DigestingOutputStream(OutputStream.nullOutputStream())) {
      connection.head(
          "GET /v2/cloudfoundry/guid/blobs/%s HTTP/1.1".formatted(layer.digest()),
          "Authorization: " + basic("pull", "pull"));
      assertThat(connection.readHead().length()).isEqualTo(layer.size());
      connection.readBody(FIRST_PART, digesting);
      begun.countDown();
      stopping.await();
      connection.readBody(layer.size() - FIRST_PART, digesting);
      return digesting.digest().value();
    }
  }

  /** Uploads a droplet, one half before the server has been told to stop and one after. */
  private int upload(RunningServer server, String path, byte[] droplet, CountDownLatch begun)
      throws Exception {
    var form = Form.of("droplet", droplet);
    int half = form.length / 2;
    try (var connection = server.connect("api")) {
      connection.head(
          "PUT " + path + " HTTP/1.1",
          "Content-Type: " + Form.contentType(),
          "Content-Length: " + form.length,
          "Expect: 100-continue");
      assertThat(connection.read().status()).isEqualTo(100);
      connection.send(Arrays.copyOf(form, half));
      begun.countDown();
      stopping.await();
      return connection.send(Arrays.copyOfRange(form, half, form.length)).read().status();
    }
  }

  private static void expectNoneIsDone(List<? extends Future<?>> clients) {
    assertThat(clients).allSatisfy(each -> assertThat(each).isNotDone());
  }

  private static boolean isReady(RunningServer server) throws Exception {
    try {
      return server.ops("/readyz").statusCode() == 200;
    } catch (IOException gone) {
      return false;
    }
  }

  private static boolean answers(RunningServer server, String surface) {
    try (var connection = server.connect(surface)) {
      return connection.head("GET / HTTP/1.1").readHead().status() > 0;
    } catch (IOException refused) {
      return false;
    }
  }
}
