package dropship.registry;

import static dropship.registry.RunningServer.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Connections on which little comes are in nobody's way, however many there are. Of ten, seven say
 * nothing, three begin a head, and one of those goes on, byte by byte, and never ends it.
 */
@Timeout(180)
class IdleConnectionsTest {
  private static final int IN_THE_CLEAR = 10_000;
  private static final int OVER_TLS = 2_000;
  private static final int PULLING = 20;
  private static final String HEAP = "-Xmx256m";
  private static final long LIVE_AT_MOST = 160L << 20;
  private static final byte[] BEGIN =
      "GET /v2/ HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII);

  @TempDir private Path directory;
  private final List<RawConnection> connections = new ArrayList<>();

  @AutoClose("shutdownNow")
  private final ScheduledExecutorService clients = Executors.newScheduledThreadPool(PULLING + 1);

  @AfterEach
  void hangUp() throws IOException {
    for (var connection : connections) {
      connection.close();
    }
  }

  @ParameterizedTest(name = "over TLS: {0}")
  @ValueSource(booleans = {false, true})
  void pullsGoOnWhateverElseIsConnected(boolean tls) throws Exception {
    int count = Math.min(tls ? OVER_TLS : IN_THE_CLEAR, filesThatMayBeOpened());
    assumeThat(count).as("connections, by the limit of open files").isGreaterThan(100);
    var variables =
        new HashMap<>(
            Map.of(
                "DROPSHIP_REGISTRY_CONNECTIONS",
                Integer.toString(2 * count),
                "DROPSHIP_LIMITS_HEAD_TIMEOUT",
                "5m"));
    if (tls) {
      Certificates.write(directory);
      variables.putAll(Certificates.TLS);
    }
    try (var server = ForkedServer.fork(directory, variables, HEAP)) {
      server.withRootfs("1.0").withDroplet("guid", "hash", Tars.bulkyDroplet(5_000_000));
      for (int i = 0; i < count; i++) {
        connections.add(server.connect("registry"));
        if (begins(i)) {
          connections.getLast().send(BEGIN); // over TLS the others do not even shake hands
        }
      }
      long begun = IntStream.range(0, count).filter(IdleConnectionsTest::begins).count();
      var bytes = new AtomicInteger();
      clients.scheduleWithFixedDelay(() -> sendOnEveryTenth(bytes), 0, 100, TimeUnit.MILLISECONDS);
      eventually("the slow ones send on", () -> bytes.get() > count);

      var pulls = new ArrayList<Callable<Void>>();
      for (int i = 0; i < PULLING; i++) {
        pulls.add(() -> {
          server.expectWholeImage("guid", "hash");
          return null;
        });
      }
      for (var pull : clients.invokeAll(pulls)) {
        pull.get();
      }

      assertThat(server.metric("vertx_http_server_active_connections"))
          .as("connections held, of %d", count)
          .isGreaterThanOrEqualTo(tls ? begun : count);
      assertThat(server.liveBytes()).as("with %d connections", count).isLessThan(LIVE_AT_MOST);
    }
  }

  private static boolean begins(int connection) {
    return connection % 10 < 3;
  }

  /** Here and in the server, which has the same limit; both need some for themselves. */
  private static int filesThatMayBeOpened() {
    var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long left = system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount() - 500;
    return (int) Math.min(Integer.MAX_VALUE, left);
  }

  private void sendOnEveryTenth(AtomicInteger bytes) {
    for (int i = 0; i < connections.size(); i += 10) {
      try {
        connections.get(i).send(new byte[] {'a'});
        bytes.incrementAndGet();
      } catch (IOException cutOff) {
        // As the server may.
      }
    }
  }
}
