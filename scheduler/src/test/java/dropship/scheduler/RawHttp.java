package dropship.scheduler;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Requests that no client library would send. */
final class RawHttp {
  private static final int CHUNK = 64 * 1024;
  private static final int MOST_CHUNKS = 1024;

  private RawHttp() {}

  static int statusOf(int port, String method, String path) throws IOException {
    try (var socket = connect(port)) {
      write(socket, method + " " + path + " HTTP/1.1\r\nHost: opi\r\n\r\n");
      return status(socket);
    }
  }

  /** Says how long a body will be, and waits: whoever sends on may lose the answer to a reset. */
  static int statusOfAnnouncedBody(int port, String path, long bytes) throws IOException {
    try (var socket = connect(port)) {
      write(
          socket,
          "PUT " + path + " HTTP/1.1\r\nHost: opi\r\nContent-Length: " + bytes + "\r\n\r\n");
      return status(socket);
    }
  }

  /** Sends a body in chunks until the server has had enough. */
  static int statusOfEndlessBody(int port, String path) throws IOException {
    try (var socket = connect(port)) {
      write(socket, "PUT " + path + " HTTP/1.1\r\nHost: opi\r\nTransfer-Encoding: chunked\r\n\r\n");
      var chunk = "%x\r\n%s\r\n".formatted(CHUNK, " ".repeat(CHUNK));
      try {
        for (int i = 0; i < MOST_CHUNKS && socket.getInputStream().available() == 0; i++) {
          write(socket, chunk);
        }
      } catch (IOException closed) {
        // It has answered, or the status is missing below.
      }
      return status(socket);
    }
  }

  private static Socket connect(int port) throws IOException {
    var socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout((int) RunningScheduler.PATIENCE.toMillis());
    return socket;
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  private static int status(Socket socket) throws IOException {
    var reader =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    return Integer.parseInt(reader.readLine().split(" ")[1]);
  }
}
