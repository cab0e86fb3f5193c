package dropship.registry;

import static dropship.registry.RunningServer.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections are bounded in number, and in how long they may keep the server waiting. */
@Timeout(60)
class ConnectionLimitsTest {
  private static final String HEAD =
      "GET /v2/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
          + RunningServer.basic("pull", "pull")
          + "\r\n\r\n";

  @TempDir private Path directory;
  private RunningServer server;
  private final List<RawConnection> connections = new ArrayList<>();

  private void start(Map<String, String> variables) throws Exception {
    server = RunningServer.startOnDisk(directory, variables);
  }

  @AfterEach
  void stop() throws Exception {
    for (var each : connections) {
      each.close();
    }
    server.close();
  }

  private RawConnection connect() throws Exception {
    var connection = server.connect("registry");
    connections.add(connection);
    return connection;
  }

  private static void ask(RawConnection connection) throws Exception {
    connection.send(HEAD.getBytes(StandardCharsets.US_ASCII));
    assertThat(connection.read().status()).isEqualTo(200);
  }

  @Test
  void cutsOffAHeadThatDoesNotEnd() throws Exception {
    start(Map.of("DROPSHIP_LIMITS_HEAD_TIMEOUT", "600ms"));
    var slow = connect();
    var begun = System.nanoTime();

    // A byte every now and then is not enough.
    eventually(
        "the slow one is cut off",
        () -> {
          try {
            slow.send(new byte[] {'G'});
            Thread.sleep(20);
            return false;
          } catch (java.io.IOException closed) {
            return true;
          }
        });

    assertThat(System.nanoTime() - begun).isGreaterThan(500_000_000);
    assertThat(server.metric("dropship_connections_closed_total")).isGreaterThanOrEqualTo(1);
  }

  @Test
  void keepsAConnectionForTheNextRequestOnlyForAWhile() throws Exception {
    start(
        Map.of(
            "DROPSHIP_LIMITS_HEAD_TIMEOUT", "1m",
            "DROPSHIP_LIMITS_KEEP_ALIVE_TIMEOUT", "600ms"));
    var fresh = connect();
    var kept = connect();
    ask(kept);
    ask(kept);

    assertThat(kept.isEnded()).isTrue();
    ask(fresh); // has more time for its first
  }

  /** An answer that is sent from a file ends in a way of its own. */
  @Test
  void countsAsWaitingAgainAfterAFileWasSent() throws Exception {
    start(Map.of("DROPSHIP_LIMITS_KEEP_ALIVE_TIMEOUT", "600ms"));
    server.withRootfs("1.0").withDroplet("guid", "hash", Tars.bulkyDroplet(300_000));
    var manifest = RunningServer.json(server.get("/v2/cloudfoundry/guid/manifests/hash"));
    var layers = manifest.getJsonArray("layers");
    var layer = layers.getJsonObject(layers.size() - 1);
    var connection = connect();

    connection.send(
        HEAD.replace("/v2/", "/v2/cloudfoundry/guid/blobs/" + layer.getString("digest"))
            .getBytes(StandardCharsets.US_ASCII));

    assertThat(connection.read().body()).hasSize(layer.getInteger("size"));
    assertThat(connection.isEnded()).isTrue();
  }

  @Test
  void makesRoomForANewConnectionByClosingTheOneThatHasWaitedLongest() throws Exception {
    start(Map.of("DROPSHIP_REGISTRY_CONNECTIONS", "40")); // on all event loops together
    for (int i = 0; i < 200; i++) {
      connect();
    }

    for (int i = 0; i < 20; i++) {
      ask(connect());
    }
    assertThat(server.metric("dropship_connections_closed_total")).isGreaterThanOrEqualTo(150);
    assertThat(connections.getFirst().isEnded()).isTrue();
  }

  @Test
  void refusesLinesAndHeadersThatAreTooLong() throws Exception {
    start(Map.of("DROPSHIP_LIMITS_REQUEST_LINE", "2KiB", "DROPSHIP_LIMITS_HEADERS", "3KiB"));

    assertThat(connect().head("GET /" + "a".repeat(1900) + " HTTP/1.1").read().status())
        .isEqualTo(401);
    assertThat(connect().head("GET /" + "a".repeat(2100) + " HTTP/1.1").read().status())
        .isEqualTo(414);
    assertThat(connect().head("GET / HTTP/1.1", "X: " + "a".repeat(2800)).read().status())
        .isEqualTo(401);
    assertThat(connect().head("GET / HTTP/1.1", "X: " + "a".repeat(3100)).read().status())
        .isEqualTo(431);
  }
}
