package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections on which nothing is asked, or never to the end, keep nobody from pulling. */
@Timeout(180)
class IdleConnectionsTest {
  private static final int NODES = 20;
  private static final int SLOW = 1000;
  private static final long LIVE_AT_MOST = 200L << 20;

  @TempDir private Path directory;
  private ForkedServer server;
  private final List<Socket> idle = new ArrayList<>();
  private volatile boolean isOver;

  private void start(Map<String, String> variables) throws Exception {
    var all = new HashMap<>(variables);
    all.put("DROPSHIP_LIMITS_HEAD_TIMEOUT", "5m"); // they stay for as long as the test takes
    server = ForkedServer.fork(directory, all, "-Xmx256m");
    server.withRootfs("1.0").withDroplet("guid", "hash", Tars.bulkyDroplet(3_000_000));
  }

  @AfterEach
  void stop() throws Exception {
    isOver = true;
    for (var each : idle) {
      each.close();
    }
    server.close();
  }

  @Test
  void tenThousandKeepNobodyFromPulling() throws Exception {
    start(Map.of());
    open(SocketFactory.getDefault(), 10_000);

    expectPulls();
  }

  @Test
  void twoThousandOverTlsKeepNobodyFromPulling() throws Exception {
    Certificates.write(directory);
    start(Certificates.TLS);
    open(Certificates.trusting(Certificates.served(server)).getSocketFactory(), 2000);

    expectPulls();
  }

  private void open(SocketFactory sockets, int count) throws Exception {
    var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    assumeTrue(
        system.getMaxFileDescriptorCount() > count + 2000,
        () -> "more than %d open files are needed".formatted(count + 2000));
    for (int i = 0; i < count; i++) {
      var socket = sockets.createSocket("127.0.0.1", server.port("registry"));
      idle.add(socket);
      if (socket instanceof SSLSocket tls) {
        tls.startHandshake();
      }
    }
    Thread.startVirtualThread(this::dawdle);
  }

  /** Sends a head that never ends, a byte of it on each of many connections now and then. */
  private void dawdle() {
    try {
      while (!isOver) {
        for (var socket : idle.subList(0, SLOW)) {
          socket.getOutputStream().write('G');
        }
        TimeUnit.MILLISECONDS.sleep(200);
      }
    } catch (IOException | InterruptedException closed) {
      // by the server, which is its right
    }
  }

  private void expectPulls() throws Exception {
    try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
      var pulls = new ArrayList<Future<?>>();
      for (int i = 0; i < NODES; i++) {
        pulls.add(
            nodes.submit(() -> {
              server.expectWholeImage("guid", "hash");
              return null;
            }));
      }
      for (var each : pulls) {
        each.get();
      }
    }
    assertThat(server.metric("vertx_http_server_active_connections"))
        .isGreaterThanOrEqualTo(idle.size());
    assertThat(server.liveBytes()).isLessThan(LIVE_AT_MOST);
  }
}
