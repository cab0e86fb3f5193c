package dropship.registry;

import static dropship.registry.RunningServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The kubelets' side over TLS, with a certificate as the JDK's keytool makes it. */
@Timeout(60)
class TlsTest {
  private static final char[] PASSWORD = "password".toCharArray();
  private static RunningServer server;
  private static HttpClient client;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    var keys = keyStore(directory.resolve("keys.p12"));
    var certificate = keys.getCertificate("registry").getEncoded();
    var key = keys.getKey("registry", PASSWORD).getEncoded();
    Files.writeString(directory.resolve("tls.crt"), pem("CERTIFICATE", certificate));
    Files.writeString(directory.resolve("tls.key"), pem("PRIVATE KEY", key));
    server =
        RunningServer.start(
                directory,
                Map.of(
                    "DROPSHIP_STORE_TYPE", "local",
                    "DROPSHIP_STORE_PATH", "store",
                    "DROPSHIP_REGISTRY_TLS_CERTIFICATE", "tls.crt",
                    "DROPSHIP_REGISTRY_TLS_KEY", "tls.key"))
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.bulkyDroplet(6_000_000));
    client =
        HttpClient.newBuilder()
            .sslContext(trusting(keys))
            .connectTimeout(RunningServer.PATIENCE)
            .build();
  }

  @AfterAll
  static void stop() {
    client.shutdownNow();
    server.close();
  }

  private static KeyStore keyStore(Path file) throws Exception {
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "registry",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=registry",
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .start();
    var output = new String(keytool.getInputStream().readAllBytes());
    assertThat(keytool.waitFor()).as(output).isZero();
    var keys = KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD);
    }
    return keys;
  }

  private static String pem(String what, byte[] encoded) {
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
        .formatted(what, Base64.getMimeEncoder().encodeToString(encoded), what);
  }

  private static SSLContext trusting(KeyStore keys) throws Exception {
    var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    trusted.setCertificateEntry("registry", keys.getCertificate("registry"));
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private static HttpResponse<byte[]> get(String path, String... range)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port("registry") + path))
            .timeout(RunningServer.PATIENCE)
            .header("Authorization", RunningServer.basic("pull", "pull"));
    for (var value : range) {
      request.header("Range", value);
    }
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  /** The layer of the droplet, as it is stored and decompressed on the way. */
  private static String[] layers() throws Exception {
    var manifest = json(get("/v2/cloudfoundry/guid/manifests/hash"));
    var config = manifest.getJsonObject("config").getString("digest");
    return new String[] {
      manifest.getJsonArray("layers").getJsonObject(2).getString("digest"),
      json(get("/v2/cloudfoundry/guid/blobs/" + config))
          .getJsonObject("rootfs")
          .getJsonArray("diff_ids")
          .getString(2)
    };
  }

  @Test
  void sendsLayersThatHashToTheirDigests() throws Exception {
    for (var digest : layers()) {
      var answer = get("/v2/cloudfoundry/guid/blobs/" + digest);

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(Tars.digest(answer.body())).isEqualTo(digest);
    }
  }

  @Test
  void sendsLayersInPartsThatMakeTheWhole() throws Exception {
    for (var digest : layers()) {
      var path = "/v2/cloudfoundry/guid/blobs/" + digest;
      int length = get(path).body().length;
      var whole = new ByteArrayOutputStream();
      for (int part = 1_000_003; whole.size() < length; ) {
        var answer = get(path, "bytes=%d-%d".formatted(whole.size(), whole.size() + part - 1));
        assertThat(answer.statusCode()).isEqualTo(206);
        whole.write(answer.body());
      }

      assertThat(Tars.digest(whole.toByteArray())).isEqualTo(digest);
    }
  }

  @Test
  void speaksTheProtocolThatKubeletsSpeakAndFilesAreFastestBy() throws Exception {
    assertThat(get("/v2/").version()).isEqualTo(HttpClient.Version.HTTP_1_1);
  }

  @Test
  void isNotToBeSpokenToInTheClearNorTrustedByEverybody() {
    assertThatThrownBy(() -> server.get("/v2/")).isInstanceOf(IOException.class);
    try (var strict = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(
              URI.create("https://127.0.0.1:" + server.port("registry") + "/v2/"));
      assertThatThrownBy(() -> strict.send(request.build(), BodyHandlers.discarding()))
          .isInstanceOf(SSLException.class);
    }
  }
}
