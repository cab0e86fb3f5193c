package dropship.scheduler.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @TempDir private Path directory;
  private HttpServer server;
  private final CountDownLatch over = new CountDownLatch(1);

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/echo",
        exchange -> {
          var authorization = exchange.getRequestHeaders().getFirst("Authorization");
          var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          var text =
              "%s %s %s %s"
                  .formatted(
                      exchange.getRequestMethod(), exchange.getRequestURI(), authorization, body);
          exchange.sendResponseHeaders(200, 0);
          try (var out = exchange.getResponseBody()) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
          }
        });
    server.createContext(
        "/stalls",
        exchange -> {
          exchange.sendResponseHeaders(200, 10);
          exchange.getResponseBody().write('x');
          exchange.getResponseBody().flush();
          try {
            over.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    over.countDown();
    server.stop(0);
  }

  private URI url(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  private static String basic(String credentials) {
    return "Basic "
        + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void asksBelowItsUrlAsItsUser() throws IOException {
    var password = Files.writeString(directory.resolve("pw"), "secret\n");
    var peer =
        new Peer(url("/echo/"), Optional.of(new Login("me", password)), PeerTls.SYSTEM, TIMEOUT);
    assertThat(peer.get("/a?b=c").body()).isEqualTo("GET /echo/a?b=c " + basic("me:secret") + " ");
    assertThat(peer.sendJson("PUT", "/x", "{}").body()).startsWith("PUT /echo/x").endsWith("{}");
  }

  @Test
  void readsAPasswordAgainWhenItHasChanged() throws IOException {
    var password = Files.writeString(directory.resolve("pw"), "old");
    var peer =
        new Peer(url("/echo"), Optional.of(new Login("me", password)), PeerTls.SYSTEM, TIMEOUT);
    Files.writeString(password, "new");
    Files.setLastModifiedTime(password, FileTime.from(Instant.now().plusSeconds(5)));
    var until = Instant.now().plusSeconds(60);
    while (!peer.get("/").body().contains(basic("me:new")) && Instant.now().isBefore(until)) {
      Thread.onSpinWait();
    }
    assertThat(peer.get("/").body()).contains(basic("me:new"));
  }

  @Test
  void aLoginInACallbackBecomesAHeaderAndOursIsNotShown() throws IOException {
    var password = Files.writeString(directory.resolve("pw"), "secret");
    var peer = new Peer(url("/"), Optional.of(new Login("me", password)), PeerTls.SYSTEM, TIMEOUT);
    var plain = url("/echo/done").toString();
    assertThat(peer.postTo(URI.create(plain), "{}").body()).contains(" null ");
    var withLogin = URI.create(plain.replace("http://", "http://a%40b:p%3A+w%2B@"));
    assertThat(peer.postTo(withLogin, "{}").body()).contains(basic("a@b:p: w+"));
    assertThat(Peer.withoutLogin(withLogin)).isEqualTo(URI.create(plain));
  }

  @Test
  void saysWhatWasTriedAndNotWithWhichPassword() throws IOException {
    var peer = new Peer(url("/"), Optional.empty(), PeerTls.SYSTEM, TIMEOUT);
    server.stop(0);
    var to = URI.create(url("/x").toString().replace("http://", "http://a:hidden@"));
    assertThatThrownBy(() -> peer.postTo(to, "{}"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("POST " + url("/x"))
        .hasMessageNotContaining("hidden");
  }

  @Test
  void anAnswerThatStopsHalfWayIsWaitedForNoLongerThanForAWholeOne() throws IOException {
    var peer = new Peer(url("/"), Optional.empty(), PeerTls.SYSTEM, Duration.ofMillis(500));
    assertThatThrownBy(() -> peer.get("/stalls"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/stalls");
  }

  @Test
  void refusesAUrlWithALoginAndDoesNotRepeatIt() {
    assertThatThrownBy(() ->
            new Peer(
                URI.create("http://a:hidden@127.0.0.1/"),
                Optional.empty(),
                PeerTls.SYSTEM,
                TIMEOUT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("hidden");
  }
}
