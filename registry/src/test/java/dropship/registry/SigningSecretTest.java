package dropship.registry;

import static dropship.registry.RunningServer.eventually;
import static dropship.registry.RunningServer.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The secrets that URLs are signed with can be changed while the server runs. */
@Timeout(60)
class SigningSecretTest {
  private static final int NOT_THERE = 404; // but signed
  private static final int REFUSED = 403;

  @TempDir private Path directory;
  private RunningServer server;

  @BeforeEach
  void start() throws Exception {
    Files.writeString(directory.resolve("signing.secret"), "geheim");
    server =
        RunningServer.start(
            directory,
            Map.of(
                "DROPSHIP_PUBLIC_LISTEN", "127.0.0.1:0",
                "DROPSHIP_PUBLIC_SIGNING_SECRET_FILE", "signing.secret"));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private String sign() throws IOException, InterruptedException {
    return text(server.send(server.api("/sign/droplets/a/b")));
  }

  private int statusOf(String url) throws IOException, InterruptedException {
    return server.send(HttpRequest.newBuilder(URI.create(url))).statusCode();
  }

  @Test
  void signsWithTheNewSecretAndNoLongerTakesTheOld() throws Exception {
    var before = sign();
    assertThat(statusOf(before)).isEqualTo(NOT_THERE);

    Files.writeString(directory.resolve("signing.secret"), "another");

    eventually("the old secret is refused", () -> statusOf(before) == REFUSED);
    assertThat(statusOf(sign())).isEqualTo(NOT_THERE);
  }

  @Test
  void keepsTheSecretWhereTheNewOneIsEmpty() throws Exception {
    var before = sign();

    Files.writeString(directory.resolve("signing.secret"), " \n");

    eventually("it is refused", () -> server.metric("dropship_reloads_total") >= 1);
    assertThat(statusOf(before)).isEqualTo(NOT_THERE);
    assertThat(statusOf(before.substring(0, before.indexOf('?')))).isEqualTo(REFUSED);
  }

  @Test
  void signsForUsersOfTheApiAlone() throws Exception {
    var anonymous =
        server.send(
            HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:%d/sign/droplets/a/b".formatted(server.port("api")))));

    assertThat(anonymous.statusCode()).isEqualTo(401);
    assertThat(anonymous.headers().firstValue("WWW-Authenticate"))
        .contains("Basic realm=\"bits-service\"");
    assertThat(anonymous.body()).isEmpty();
  }
}
