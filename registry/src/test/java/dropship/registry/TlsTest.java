package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The kubelets' side over TLS, with a certificate as the JDK's keytool makes it. */
@Timeout(60)
class TlsTest {
  private static final String BLOBS = "/v2/cloudfoundry/guid/blobs/";
  @AutoClose private static RunningServer server;
  private static List<String> layer;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    Certificates.write(directory);
    server =
        RunningServer.startOnDisk(directory, Certificates.TLS)
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.bulkyDroplet(6_000_000));
    var stored = server.dropletLayer("guid", "hash");
    layer = List.of(stored.digest(), stored.diffId());
  }

  @Test
  void sendsLayersThatHashToTheirDigests() throws Exception {
    for (var digest : layer) {
      var answer = server.get(BLOBS + digest);

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(Tars.digest(answer.body())).isEqualTo(digest);
    }
  }

  @Test
  void sendsLayersInPartsThatMakeTheWhole() throws Exception {
    for (var digest : layer) {
      int length = server.get(BLOBS + digest).body().length;
      var whole = new ByteArrayOutputStream();
      for (int part = 1_000_003; whole.size() < length; ) {
        var range = "bytes=%d-%d".formatted(whole.size(), whole.size() + part - 1);
        var answer = server.get(BLOBS + digest, "Range", range);
        assertThat(answer.statusCode()).isEqualTo(206);
        whole.write(answer.body());
      }

      assertThat(Tars.digest(whole.toByteArray())).isEqualTo(digest);
    }
  }

  @Test
  void speaksTheProtocolThatKubeletsSpeakAndFilesAreFastestBy() throws Exception {
    assertThat(server.get("/v2/").version()).isEqualTo(HttpClient.Version.HTTP_1_1);
  }

  @Test
  void isNotToBeSpokenToInTheClearNorTrustedByEverybody() {
    var url = server.url("registry", "/v2/");
    try (var stranger = HttpClient.newHttpClient()) {
      var inTheClear = HttpRequest.newBuilder(URI.create(url.replace("https", "http"))).build();
      assertThatThrownBy(() -> stranger.send(inTheClear, BodyHandlers.discarding()))
          .isInstanceOf(IOException.class);
      var request = HttpRequest.newBuilder(URI.create(url)).build();
      assertThatThrownBy(() -> stranger.send(request, BodyHandlers.discarding()))
          .isInstanceOf(SSLException.class);
    }
  }
}
