package dropship.registry.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class FreePortTest {
  @Test
  void passesOverPortsThatSomebodyListensOn() throws Exception {
    try (var onAll = new ServerSocket(0);
        var onThisMachine = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(FreePort.from(onAll.getLocalPort())).isGreaterThan(onAll.getLocalPort());
      assertThat(FreePort.from(onThisMachine.getLocalPort()))
          .isGreaterThan(onThisMachine.getLocalPort());
    }
  }

  @Test
  void findsAPortThatOneCanListenOn() throws Exception {
    try (var listening = new ServerSocket(FreePort.from(20_000))) {
      assertThat(listening.getLocalPort()).isBetween(20_000, 20_199);
    }
  }
}
