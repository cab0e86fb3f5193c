package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.content.DigestingOutputStream;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A droplet of 2 GiB, whose bytes do not compress, goes in and comes out of a server that has far
 * less memory: a process of its own.
 */
@Timeout(240)
class StreamingMemoryTest {
  private static final long DROPLET = 2L << 30;
  private static final String DROPLET_PATH = "/droplets/guid/hash";
  private static final String HEAP = "-Xmx128m";
  private static final long LIVE_AT_MOST = 100L << 20;
  private static final int BLOCK = 1 << 20;

  @AutoClose private ForkedServer server;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    server =
        ForkedServer.fork(
            directory,
            Map.of("DROPSHIP_LIMITS_DROPLETS", "0B"),
            HEAP,
            "-XX:+ExitOnOutOfMemoryError");
    server.withRootfs("1.0");
  }

  @Test
  void takesAndGivesWhatDoesNotFitIntoMemory() throws Exception {
    var uploaded = upload();
    expectLittleMemory();

    var layer = server.dropletLayer("guid", "hash");
    assertThat(layer.size()).isGreaterThan(DROPLET);
    try (var slow = open(layer.diffId())) {
      var first = slow.readNBytes(1);
      assertThat(digestOf(new byte[0], connect("api", DROPLET_PATH).getInputStream()))
          .isEqualTo(uploaded);
      assertThat(digestOf(new byte[0], open(layer.digest()))).isEqualTo(layer.digest());
      expectLittleMemory();
      assertThat(digestOf(first, slow)).isEqualTo(layer.diffId());
    }
    expectLittleMemory();
  }

  /** Answers the digest of what has been sent. */
  private String upload() throws Exception {
    var connection = connect("api", DROPLET_PATH);
    connection.setRequestMethod("PUT");
    connection.setDoOutput(true);
    connection.setChunkedStreamingMode(BLOCK);
    connection.setRequestProperty("Content-Type", Form.contentType());
    String digest;
    try (var out = connection.getOutputStream()) {
      out.write(Form.before("droplet"));
      var digesting = new DigestingOutputStream(out);
      var droplet = new BulkyDroplet(digesting, DROPLET);
      droplet.write(DROPLET / 2);
      expectLittleMemory();
      droplet.write(DROPLET / 2);
      droplet.end();
      digest = digesting.digest().value();
      out.write(Form.after());
    }
    var answer = new JsonObject(new String(connection.getInputStream().readAllBytes()));
    assertThat(connection.getResponseCode()).isEqualTo(201);
    assertThat("sha256:" + answer.getString("sha256")).isEqualTo(digest);
    return digest;
  }

  private HttpURLConnection connect(String surface, String path) throws IOException {
    var connection =
        (HttpURLConnection) URI.create(server.url(surface, path)).toURL().openConnection();
    connection.setConnectTimeout((int) RunningServer.PATIENCE.toMillis());
    connection.setReadTimeout((int) RunningServer.PATIENCE.toMillis());
    connection.setRequestProperty("Authorization", RunningServer.basic("pull", "pull"));
    return connection;
  }

  private InputStream open(String blob) throws IOException {
    return connect("registry", "/v2/cloudfoundry/guid/blobs/" + blob).getInputStream();
  }

  private static String digestOf(byte[] start, InputStream rest) throws IOException {
    try (rest;
        var digesting = new DigestingOutputStream(OutputStream.nullOutputStream())) {
      digesting.write(start);
      rest.transferTo(digesting);
      return digesting.digest().value();
    }
  }

  private void expectLittleMemory() throws Exception {
    assertThat(server.liveBytes()).isLessThan(LIVE_AT_MOST);
  }
}
