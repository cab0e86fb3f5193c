package dropship.registry;

import static dropship.registry.RunningServer.eventually;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Certificates and passwords change while the server runs. */
@Timeout(60)
class ReloadTest {
  private static final String REFUSED = "dropship_reloads_total{result=\"failure\"}";

  @TempDir private Path directory;
  @AutoClose private RunningServer server;

  @BeforeEach
  void start() throws Exception {
    Certificates.write(directory);
    server = RunningServer.start(directory, Certificates.TLS);
  }

  @Test
  void servesANewCertificateAndKeepsTheConnectionsThatAreThere() throws Exception {
    var old = Certificates.served(server);
    try (var before = connect(old)) {
      var renewed = Certificates.write(directory);

      eventually(
          "the new certificate is served", () -> Certificates.served(server).equals(renewed));

      before.getOutputStream().write("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n".getBytes());
      assertThat(new String(before.getInputStream().readNBytes(12))).isEqualTo("HTTP/1.1 401");
    }
  }

  @Test
  void keepsTheOldCertificateWhereTheNewOneIsBad() throws Exception {
    var old = Certificates.served(server);
    Files.writeString(directory.resolve("tls.crt"), "not a certificate");

    eventually("the bad certificate is refused", () -> server.metric(REFUSED) >= 1);

    assertThat(Certificates.served(server)).isEqualTo(old);
  }

  /** As when the two are copied one after the other, and the second copy takes its time. */
  @Test
  void keepsTheOldCertificateUntilTheNewOnesKeyIsThereToo(@TempDir Path other) throws Exception {
    var old = Certificates.served(server);
    var renewed = Certificates.write(other);
    Files.copy(other.resolve("tls.crt"), directory.resolve("tls.crt"), REPLACE_EXISTING);

    eventually("the certificate without its key is refused", () -> server.metric(REFUSED) >= 1);

    assertThat(Certificates.served(server)).isEqualTo(old);
    Files.copy(other.resolve("tls.key"), directory.resolve("tls.key"), REPLACE_EXISTING);
    eventually("the new one is served", () -> Certificates.served(server).equals(renewed));
  }

  @Test
  void takesANewPasswordAndForAWhileTheOldOne() throws Exception {
    Files.writeString(directory.resolve("pull.pw"), "changed");

    eventually("the new password is taken", () -> status("changed") == 200);

    assertThat(status("pull")).isEqualTo(200);
    assertThat(status("neither")).isEqualTo(401);
  }

  @Test
  void keepsTheOldPasswordWhereTheNewOneIsEmpty() throws Exception {
    Files.writeString(directory.resolve("pull.pw"), "\n");

    eventually("the empty password is refused", () -> server.metric(REFUSED) >= 1);

    assertThat(status("pull")).isEqualTo(200);
    assertThat(status("")).isEqualTo(401);
  }

  private int status(String password) throws Exception {
    try (var client =
        HttpClient.newBuilder()
            .sslContext(Certificates.trusting(Certificates.served(server)))
            .build()) {
      var request =
          server.anonymous("/v2/").header("Authorization", RunningServer.basic("pull", password));
      return client.send(request.build(), BodyHandlers.discarding()).statusCode();
    }
  }

  private SSLSocket connect(X509Certificate trusted) throws Exception {
    var socket =
        (SSLSocket)
            Certificates.trusting(trusted)
                .getSocketFactory()
                .createSocket("127.0.0.1", server.port("registry"));
    socket.startHandshake();
    return socket;
  }
}
