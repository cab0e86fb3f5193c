package dropship.registry;

import static dropship.registry.RunningServer.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.registry.quickstart.Certificate;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Certificates and passwords change while the server runs. */
@Timeout(60)
class ReloadTest {
  @TempDir private Path directory;
  private RunningServer server;

  @BeforeEach
  void start() throws Exception {
    newCertificate();
    server =
        RunningServer.start(
            directory,
            Map.of(
                "DROPSHIP_REGISTRY_TLS_CERTIFICATE", "tls.crt",
                "DROPSHIP_REGISTRY_TLS_KEY", "tls.key"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private X509Certificate newCertificate() throws Exception {
    Files.deleteIfExists(directory.resolve("tls.key"));
    Certificate.write(directory.resolve("tls.crt"), directory.resolve("tls.key"));
    try (var pem = Files.newInputStream(directory.resolve("tls.crt"))) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(pem);
    }
  }

  @Test
  void servesANewCertificateAndKeepsTheConnectionsThatAreThere() throws Exception {
    var old = served();
    try (var before = connect(old)) {
      var renewed = newCertificate();

      eventually("the new certificate is served", () -> served().equals(renewed));

      before.getOutputStream().write("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n".getBytes());
      assertThat(new String(before.getInputStream().readNBytes(12))).isEqualTo("HTTP/1.1 401");
    }
  }

  @Test
  void keepsTheOldCertificateWhereTheNewOneIsBad() throws Exception {
    var old = served();
    Files.writeString(directory.resolve("tls.crt"), "not a certificate");

    eventually("the bad certificate is refused", () -> metric("dropship_reloads_total") >= 1);

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

    eventually("the empty password is refused", () -> metric("dropship_reloads_total") >= 1);

    assertThat(status("pull")).isEqualTo(200);
    assertThat(status("")).isEqualTo(401);
  }

  private double metric(String name) throws IOException, InterruptedException {
    return server.metric(name);
  }

  private int status(String password) throws Exception {
    try (var client = HttpClient.newBuilder().sslContext(trusting(served())).build()) {
      var request =
          HttpRequest.newBuilder(
                  URI.create("https://127.0.0.1:" + server.port("registry") + "/v2/"))
              .timeout(RunningServer.PATIENCE)
              .header("Authorization", RunningServer.basic("pull", password));
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
            trusting(trusted).getSocketFactory().createSocket("127.0.0.1", server.port("registry"));
    socket.startHandshake();
    return socket;
  }

  private static SSLContext trusting(X509Certificate certificate) throws Exception {
    var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    trusted.setCertificateEntry("registry", certificate);
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
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
