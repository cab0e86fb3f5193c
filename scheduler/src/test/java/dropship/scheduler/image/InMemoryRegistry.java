package dropship.scheduler.image;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dropship.blobstore.content.Digest;
import dropship.scheduler.peer.Peer;
import dropship.scheduler.peer.PeerTls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A registry with one stack, {@code stack}, whose images are made up: every droplet exists. */
public final class InMemoryRegistry implements AutoCloseable {
  private final HttpServer server;
  private final Map<String, String> unsuitable = new ConcurrentHashMap<>();
  private final AtomicInteger questions = new AtomicInteger();
  private volatile String active = "1";
  private volatile String previous = "0";
  private volatile boolean broken;
  private volatile Duration delay = Duration.ZERO;

  public InMemoryRegistry() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/rootfs", this::rootfs);
    server.createContext("/v2/", this::manifest);
    server.start();
  }

  public Registry client() throws IOException {
    var url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    var peer = new Peer(url, Optional.empty(), PeerTls.SYSTEM, Duration.ofSeconds(30));
    return new Registry(peer, peer, "registry.example.com:5000");
  }

  public static Digest digest(String guid, String tag) {
    return Digest.of((guid + ":" + tag).getBytes(StandardCharsets.UTF_8));
  }

  public void activate(String version) {
    previous = active;
    active = version;
  }

  public void isUnsuitable(String guid, String reason) {
    unsuitable.put(guid, reason);
  }

  public void setBroken(boolean broken) {
    this.broken = broken;
  }

  public void answerAfter(Duration delay) {
    this.delay = delay;
  }

  public int questions() {
    return questions.get();
  }

  private void rootfs(HttpExchange exchange) throws IOException {
    begin(exchange);
    if (exchange.getRequestMethod().equals("PUT")) {
      var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      if (!body.matches("\\{\"version\":\"[0-9]+\"}")) {
        answer(exchange, 404, "{\"error\":\"no such version\"}");
        return;
      }
      activate(body.replaceAll("[^0-9]", ""));
    }
    answer(
        exchange,
        broken ? 503 : 200,
        """
        {"defaultStack":"stack","stacks":{"stack":{"versions":[],"active":"%s","previous":"%s",
        "since":"2026-01-01T00:00:00Z"},"empty":{"versions":[]}}}\
        """
            .formatted(active, previous));
  }

  private void manifest(HttpExchange exchange) throws IOException {
    begin(exchange);
    var path = exchange.getRequestURI().getPath().split("/");
    var guid = path[3];
    var tag = path[5];
    var reason = unsuitable.get(guid);
    if (broken) {
      answer(exchange, 503, error("the store does not answer"));
    } else if (reason != null) {
      answer(exchange, 403, error(reason));
    } else if (!tag.matches("[^.]+\\.stack-[0-9]+")) {
      answer(exchange, 404, error("manifest unknown: " + tag));
    } else {
      exchange.getResponseHeaders().add("Docker-Content-Digest", digest(guid, tag).value());
      answer(exchange, 200, "{}");
    }
  }

  private void begin(HttpExchange exchange) throws IOException {
    questions.incrementAndGet();
    try {
      Thread.sleep(delay);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static String error(String message) {
    return "{\"errors\":[{\"code\":\"X\",\"message\":\"" + message + "\"}]}";
  }

  private static void answer(HttpExchange exchange, int status, @Nullable String body)
      throws IOException {
    if (exchange.getRequestMethod().equals("HEAD") || body == null) {
      exchange.sendResponseHeaders(status, -1);
    } else {
      var bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
