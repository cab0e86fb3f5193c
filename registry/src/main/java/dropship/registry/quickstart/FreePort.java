package dropship.registry.quickstart;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Finds ports of this machine that nobody uses. */
public final class FreePort {
  private static final int TRIES = 200;
  private static final int ANSWER_MILLIS = 1000;

  private FreePort() {}

  /** The first free port from {@code preferred} on. */
  public static int from(int preferred) throws IOException {
    for (int port = preferred; port < preferred + TRIES; port++) {
      if (isFree(port)) {
        return port;
      }
    }
    throw new IOException(
        "looking for a port: all from %d to %d are in use"
            .formatted(preferred, preferred + TRIES - 1));
  }

  /**
   * Being able to listen is not enough: some systems let one listen on an address although another
   * listens on all of them.
   */
  private static boolean isFree(int port) throws IOException {
    for (var address : InetAddress.getAllByName("localhost")) {
      if (answers(new InetSocketAddress(address, port))) {
        return false;
      }
    }
    try (var listening = new ServerSocket()) {
      listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException inUse) {
      return false;
    }
  }

  private static boolean answers(InetSocketAddress address) {
    try (var connection = new Socket()) {
      connection.connect(address, ANSWER_MILLIS);
      return true;
    } catch (IOException nobodyListens) {
      return false;
    }
  }
}
