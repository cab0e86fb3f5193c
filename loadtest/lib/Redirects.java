import java.io.BufferedInputStream;
import java.net.Socket;
import java.net.URI;
import java.util.Base64;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks for one blob again and again, on connections that stay open, and counts the redirects. Prints how many there were a
 * second. Arguments: URL of the blob, user, password, connections, seconds.
 */
final class Redirects {
  public static void main(String[] arguments) throws Exception {
    var url = URI.create(arguments[0]);
    var basic = Base64.getEncoder().encodeToString((arguments[1] + ":" + arguments[2]).getBytes());
    int connections = Integer.parseInt(arguments[3]);
    long seconds = Long.parseLong(arguments[4]);
    var request =
        "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\n\r\n"
            .formatted(url.getPath(), url.getAuthority(), basic)
            .getBytes();
    ask(url, request, connections, 5); // warms up
    System.out.println(ask(url, request, connections, seconds) / seconds);
  }

  private static long ask(URI url, byte[] request, int connections, long seconds) throws Exception {
    var redirects = new AtomicLong();
    long until = System.nanoTime() + seconds * 1_000_000_000;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < connections; i++) {
        threads.submit(
            () -> {
              try (var socket = new Socket(url.getHost(), url.getPort())) {
                socket.setTcpNoDelay(true);
                var answers = new BufferedInputStream(socket.getInputStream(), 8192);
                while (System.nanoTime() < until) {
                  socket.getOutputStream().write(request);
                  expectRedirect(answers);
                  redirects.incrementAndGet();
                }
              } catch (Exception e) {
                e.printStackTrace();
                System.exit(1);
              }
            });
      }
    }
    return redirects.get();
  }

  /** Reads the head of an answer without a body. */
  private static void expectRedirect(BufferedInputStream answers) throws Exception {
    var head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int next = answers.read();
      if (next < 0) {
        throw new IllegalStateException("the answer ends in its head: " + head);
      }
      head.append((char) next);
    }
    if (!head.toString().startsWith("HTTP/1.1 307")) {
      throw new IllegalStateException("expected a redirect, got " + head);
    }
  }
}
