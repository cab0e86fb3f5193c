package dropship.registry;

import static dropship.registry.RunningServer.basic;
import static dropship.registry.RunningServer.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that pull notice nothing while certificates and passwords change. */
@Timeout(180)
class ReloadUnderLoadTest {
  private static final int NODES = 50;
  private static final String REFUSED = "dropship_reloads_total{result=\"failure\"}";
  private static final String REPOSITORY = "/v2/cloudfoundry/guid";

  @TempDir private Path directory;
  @TempDir private Path renewed;
  @TempDir private Path renewedAgain;
  private SSLContext trust;
  @AutoClose private RunningServer server;
  private RunningServer.DropletLayer layer;

  @AutoClose("shutdownNow")
  private final ExecutorService threads = Executors.newCachedThreadPool();

  private final List<Node> nodes = new ArrayList<>();
  private final List<Future<Integer>> pulling = new ArrayList<>();
  private volatile boolean isOver;

  @BeforeEach
  void start() throws Exception {
    trust =
        Certificates.trusting(
            Certificates.write(directory),
            Certificates.write(renewed),
            Certificates.write(renewedAgain));
    server =
        RunningServer.start(directory, Certificates.TLS)
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.bulkyDroplet(50_000));
    layer = server.dropletLayer("guid", "hash");
    for (int i = 0; i < NODES; i++) {
      nodes.add(new Node(i % 2 == 0));
      pulling.add(threads.submit(nodes.getLast()));
    }
    expectEachToPull();
  }

  @Test
  void noPullFailsWhileCertificatesAreRenewedAndPasswordsChange() throws Exception {
    renewFrom(renewed);
    expectEachToPull();

    var before = server.metric(REFUSED);
    Files.writeString(directory.resolve("tls.crt"), "not a certificate");
    eventually("the broken certificate is refused", () -> server.metric(REFUSED) > before);
    expectEachToPull();
    assertThat(Certificates.served(server)).isEqualTo(certificateIn(renewed));

    renewFrom(renewedAgain);
    expectEachToPull();

    Files.writeString(directory.resolve("pull.pw"), "changed");
    eventually("the new password is taken", () -> statusOfPing("changed") == 200);
    for (var node : nodes) {
      node.password = "changed";
      expectToPull(List.of(node));
    }
    expectEachToPull();

    isOver = true;
    for (var each : pulling) {
      assertThat(each.get()).isPositive();
    }
    assertThat(statusOfPing("neither")).isEqualTo(401);
  }

  private void renewFrom(Path files) throws Exception {
    for (var file : List.of("tls.key", "tls.crt")) {
      Files.copy(files.resolve(file), directory.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    eventually(
        "the new certificate is served",
        () -> Certificates.served(server).equals(certificateIn(files)));
  }

  private static X509Certificate certificateIn(Path directory) throws Exception {
    return Certificates.read(directory.resolve("tls.crt"));
  }

  private void expectEachToPull() throws Exception {
    expectToPull(nodes);
  }

  /** Begun and ended from now on. */
  private void expectToPull(List<Node> some) throws Exception {
    var before = some.stream().map(node -> node.pulls).toList();
    for (int i = 0; i < some.size(); i++) {
      var node = some.get(i);
      int wanted = before.get(i) + 2; // the first of them has begun before
      eventually(
          "a node pulls",
          () -> {
            assertThat(pulling).noneMatch(Future::isDone);
            return node.pulls >= wanted;
          });
    }
  }

  private int statusOfPing(String password) throws IOException {
    try (var connection = connect()) {
      return ask(connection, "/v2/", password).status();
    }
  }

  private RawConnection connect() throws IOException {
    return new RawConnection(trust.getSocketFactory(), server.port("registry"), 64 * 1024);
  }

  private static RawConnection.Answer ask(RawConnection connection, String path, String password)
      throws IOException {
    return connection
        .head("GET " + path + " HTTP/1.1", "Authorization: " + basic("pull", password))
        .read();
  }

  /** Pulls again and again: on one connection all the time, or each time on a new one. */
  private final class Node implements Callable<Integer> {
    private final boolean keepsItsConnection;
    private volatile String password = "pull";
    private volatile int pulls;

    Node(boolean keepsItsConnection) {
      this.keepsItsConnection = keepsItsConnection;
    }

    @Override
    public Integer call() throws IOException {
      while (!isOver) {
        try (var connection = connect()) {
          do {
            pull(connection);
          } while (keepsItsConnection && !isOver);
        }
      }
      return pulls;
    }

    private void pull(RawConnection connection) throws IOException {
      var manifest = ask(connection, REPOSITORY + "/manifests/hash", password);
      assertThat(manifest.status()).isEqualTo(200);
      var blob = ask(connection, REPOSITORY + "/blobs/" + layer.digest(), password);
      assertThat(blob.status()).isEqualTo(200);
      assertThat(Tars.digest(blob.body())).isEqualTo(layer.digest());
      pulls++;
    }
  }
}
