package dropship.registry;

import static dropship.registry.RunningServer.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
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
    var old = served();
    try (var before = connect(old)) {
      var renewed = Certificates.write(directory);

      eventually("the new certificate is served", () -> served().equals(renewed));

      before.getOutputStream().write("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n".getBytes());
      assertThat(new String(before.getInputStream().readNBytes(12))).isEqualTo("HTTP/1.1 401");
    }
  }

  @Test
  void keepsTheOldCertificateWhereTheNewOneIsBad() throws Exception {
    var old = served();
    Files.writeString(directory.resolve("tls.crt"), "not a certificate");

    eventually("the bad certificate is refused", () -> server.metric(REFUSED) >= 1);

    assertThat(served()).isEqualTo(old);
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
    try (var client = HttpClient.newBuilder().sslContext(Certificates.trusting(served())).build()) {
      var request =
          server.anonymous("/v2/").header("Authorization", RunningServer.basic("pull", password));
      return client.send(request.build(), BodyHandlers.discarding()).statusCode();
    }
  }

  /** The certificate that a new connection is shown. */
  private X509Certificate served() throws Exception {
    var any = SSLContext.getInstance("TLS");
    any.init(null, new javax.net.ssl.TrustManager[] {new TrustsAll()}, null);
    try (var socket =
        (SSLSocket) any.getSocketFactory().createSocket("127.0.0.1", server.port("registry"))) {
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
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

  /** Looks at certificates without judging them. */
  private static final class TrustsAll extends javax.net.ssl.X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

    @Override
    public void checkClientTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public void checkServerTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
