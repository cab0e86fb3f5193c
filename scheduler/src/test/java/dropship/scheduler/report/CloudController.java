package dropship.scheduler.report;

import com.sun.net.httpserver.HttpServer;
import dropship.scheduler.peer.Peer;
import dropship.scheduler.peer.PeerTls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A Cloud Controller that writes down what it is told, and answers what it is told to answer. */
final class CloudController implements AutoCloseable {
  private final HttpServer server;
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private final ConcurrentLinkedQueue<Integer> answers = new ConcurrentLinkedQueue<>();

  CloudController() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          var login = exchange.getRequestHeaders().getFirst("Authorization");
          told.add(
              "%s %s %s%s"
                  .formatted(
                      exchange.getRequestMethod(),
                      exchange.getRequestURI(),
                      login == null ? "" : login + " ",
                      body));
          var answer = answers.poll();
          exchange.sendResponseHeaders(answer == null ? 200 : answer, -1);
          exchange.close();
        });
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  Peer peer() throws IOException {
    return new Peer(URI.create(url()), Optional.empty(), PeerTls.SYSTEM, Duration.ofSeconds(30));
  }

  void answers(int status) {
    answers.add(status);
  }

  /** What it is told next. */
  String told() throws InterruptedException {
    var next = told.poll(60, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("Cloud Controller has been told nothing");
    }
    return next;
  }

  boolean hasBeenToldMore() {
    return !told.isEmpty();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
