package dropship.registry;

import static dropship.registry.RunningServer.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.registry.cli.ClientTls;
import dropship.registry.quickstart.Certificate;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where clientCa is set, clients show a certificate or are not let in. */
@Timeout(60)
class ClientCertificateTest {
  @TempDir private Path directory;
  private RunningServer server;

  @BeforeEach
  void start() throws Exception {
    for (var name : new String[] {"server", "mine", "others"}) {
      Certificate.write(file(name + ".crt"), file(name + ".key"));
    }
    Files.copy(file("mine.crt"), file("ca.crt"));
    server =
        RunningServer.start(
            directory,
            Map.of(
                "DROPSHIP_API_TLS_CERTIFICATE", "server.crt",
                "DROPSHIP_API_TLS_KEY", "server.key",
                "DROPSHIP_API_TLS_CLIENT_CA", "ca.crt"));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private int statusFor(Optional<String> certificate) throws Exception {
    var tls =
        new ClientTls(
                Optional.of(file("server.crt")),
                certificate.map(name -> file(name + ".crt")),
                certificate.map(name -> file(name + ".key")))
            .context();
    try (var client = HttpClient.newBuilder().sslContext(tls).build()) {
      var uri = URI.create("https://127.0.0.1:%d/droplets/a/b".formatted(server.port("api")));
      return client
          .send(
              HttpRequest.newBuilder(uri).timeout(RunningServer.PATIENCE).build(),
              BodyHandlers.ofString())
          .statusCode();
    }
  }

  @Test
  void letsInWhoShowsACertificateOfTheAuthority() throws Exception {
    assertThat(statusFor(Optional.of("mine"))).isEqualTo(404);
  }

  @Test
  void letsNobodyElseIn() {
    assertThatThrownBy(() -> statusFor(Optional.empty())).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> statusFor(Optional.of("others"))).isInstanceOf(IOException.class);
  }

  @Test
  void takesOverAnotherAuthority() throws Exception {
    Files.copy(file("others.crt"), file("ca.crt"), StandardCopyOption.REPLACE_EXISTING);

    eventually(
        "the other authority's certificate is good",
        () -> {
          try {
            return statusFor(Optional.of("others")) == 404;
          } catch (IOException notYet) {
            return false;
          }
        });
    assertThatThrownBy(() -> statusFor(Optional.of("mine"))).isInstanceOf(IOException.class);
  }

  @Test
  void keepsTheAuthorityWhenTheNewOneIsNone() throws Exception {
    Files.writeString(file("ca.crt"), "nobody");

    eventually("it is refused", () -> server.metric("dropship_reloads_total") == 1);
    assertThat(statusFor(Optional.of("mine"))).isEqualTo(404);
    assertThatThrownBy(() -> statusFor(Optional.empty())).isInstanceOf(IOException.class);
  }
}
