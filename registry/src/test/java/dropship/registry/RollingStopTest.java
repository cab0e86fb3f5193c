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
@Timeout(300)
class RollingStopTest {
  private static final int PULLS = 20;
  private static final int UPLOADS = 4;
  private static final int LAYER = 100 << 20;
  private static final int FIRST_PART = 1 << 20;
  private static final int SIGTERM = 128 + 15;
  private static final Duration LIMIT = Duration.ofSeconds(130);

  @TempDir private static Path directory;
  private static RunningServer.DropletLayer layer;

  @AutoClose("shutdownNow")
  private final ExecutorService clients = Executors.newCachedThreadPool();

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
    variables.put("DROPSHIP_SHUTDOWN_GRACE", "2m");
    return ForkedServer.fork(directory, variables);
  }

  @ParameterizedTest(name = "over TLS: {0}")
  @ValueSource(booleans = {false, true})
  void finishesWhatItHasBegunAndTakesNothingMore(boolean tls) throws Exception {
    var pulls = new ArrayList<Pull>();
    var uploads = new ArrayList<Upload>();
    try (var server = start(tls ? Certificates.TLS : Map.of())) {
      for (int i = 0; i < PULLS; i++) {
        pulls.add(new Pull(server));
      }
      for (int i = 0; i < UPLOADS; i++) {
        uploads.add(new Upload(server, "tls-" + tls, "" + i, Tars.bulkyDroplet(1_000_000 + i)));
      }
      assertThat(isReady(server)).isTrue();

      server.terminate();

      eventually("the server is not ready", () -> !isReady(server));
      for (var surface : List.of("registry", "api")) {
        eventually(surface + " takes no connections", () -> !answers(server, surface));
      }
      var pulled = new ArrayList<Future<String>>();
      for (var pull : pulls) {
        pulled.add(clients.submit(pull::rest));
      }
      for (var upload : uploads) {
        assertThat(upload.rest()).isEqualTo(201);
      }
      for (var digest : pulled) {
        assertThat(digest.get()).isEqualTo(layer.digest());
      }
      assertThat(server.exitStatus(LIMIT)).isIn(0, SIGTERM);
    }

    try (var restarted = start(Map.of())) {
      for (var upload : uploads) {
        var droplet = restarted.send(restarted.api(upload.path()));
        assertThat(Tars.digest(droplet.body())).isEqualTo(Tars.digest(upload.droplet));
        restarted.expectWholeImage(upload.guid, upload.hash);
      }
      assertThat(restarted.partial()).isEmpty();
    }
  }

  /** A pull of the layer that has begun: its client has read no more than that. */
  private static final class Pull {
    private final RawConnection connection;
    private final DigestingOutputStream pulled =
        new DigestingOutputStream(OutputStream.nullOutputStream());

    Pull(RunningServer server) throws IOException {
      connection = server.connect("registry");
      connection.head(
          "GET /v2/cloudfoundry/guid/blobs/%s HTTP/1.1".formatted(layer.digest()),
          "Authorization: " + basic("pull", "pull"));
      assertThat(connection.readHead().length()).isEqualTo(layer.size());
      connection.readBody(FIRST_PART, pulled);
    }

    /** Reads on, and tells what came in all. */
    String rest() throws IOException {
      try (connection) {
        connection.readBody(layer.size() - FIRST_PART, pulled);
        return pulled.digest().value();
      }
    }
  }

  /** An upload that has begun: the server has taken it up, and half of it has been sent. */
  private static final class Upload {
    private final String guid;
    private final String hash;
    private final byte[] droplet;
    private final byte[] form;
    private final RawConnection connection;

    Upload(RunningServer server, String guid, String hash, byte[] droplet) throws IOException {
      this.guid = guid;
      this.hash = hash;
      this.droplet = droplet;
      form = Form.of("droplet", droplet);
      connection = server.connect("api");
      connection.head(
          "PUT " + path() + " HTTP/1.1",
          "Content-Type: " + Form.contentType(),
          "Content-Length: " + form.length,
          "Expect: 100-continue");
      assertThat(connection.read().status()).isEqualTo(100);
      connection.send(Arrays.copyOf(form, form.length / 2));
    }

    String path() {
      return "/droplets/%s/%s".formatted(guid, hash);
    }

    /** Sends the rest, and tells what the answer is. */
    int rest() throws IOException {
      try (connection) {
        connection.send(Arrays.copyOfRange(form, form.length / 2, form.length));
        return connection.read().status();
      }
    }
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
