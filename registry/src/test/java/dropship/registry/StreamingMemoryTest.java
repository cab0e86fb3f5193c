package dropship.registry;

import static dropship.registry.RunningServer.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.content.DigestingOutputStream;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
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
  private static final String HEAP = "-Xmx128m";
  private static final long LIVE_AT_MOST = 100L << 20;
  private static final int BLOCK = 1 << 20;
  private static final Pattern LISTENS =
      Pattern.compile("(registry|api|ops) listens on (http://\\S+)");

  private Path log;
  private Process server;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    Files.writeString(directory.resolve("admin.pw"), "admin");
    var config =
        Files.writeString(
            directory.resolve("dropship.yml"),
            """
            registry: {listen: "127.0.0.1:0"}
            api:
              listen: 127.0.0.1:0
              users: [{name: admin, passwordFile: admin.pw, actions: [admin]}]
            ops: {listen: "127.0.0.1:0"}
            store: {path: store}
            limits: {droplets: 0B}
            """);
    log = directory.resolve("log");
    server =
        new ProcessBuilder(
                tool("java"),
                HEAP,
                "-XX:+ExitOnOutOfMemoryError",
                "-Dlogback.configurationFile=logback.xml",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                "dropship.registry.Main",
                "serve",
                "--config",
                config.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    eventually("the server listens", () -> Files.readString(log).contains("ops listens on"));
    put(url("api", "/rootfs/cflinuxfs4/1.0"), Tars.rootfs("1.0"));
    put(
        url("api", "/rootfs/cflinuxfs4/active"),
        "{\"version\":\"1.0\"}".getBytes(StandardCharsets.UTF_8));
  }

  @AfterEach
  void stop() throws Exception {
    server.destroy();
    if (!server.waitFor(30, TimeUnit.SECONDS)) {
      server.destroyForcibly().waitFor();
    }
  }

  private static void put(String url, byte[] body) throws IOException {
    var connection = connect(url);
    connection.setRequestMethod("PUT");
    connection.setDoOutput(true);
    connection.getOutputStream().write(body);
    assertThat(connection.getResponseCode()).as(url).isBetween(200, 201);
  }

  private static String tool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }

  private String url(String surface, String path) throws IOException {
    var listens = LISTENS.matcher(Files.readString(log));
    while (listens.find()) {
      if (listens.group(1).equals(surface)) {
        return listens.group(2) + path;
      }
    }
    throw new AssertionError(surface + " does not listen");
  }

  @Test
  void takesAndGivesWhatDoesNotFitIntoMemory() throws Exception {
    var uploaded = upload(url("api", "/droplets/guid/hash"));
    expectLittleMemory();

    var manifest = json(url("registry", "/v2/cloudfoundry/guid/manifests/hash"));
    var layer = manifest.getJsonArray("layers").getJsonObject(2);
    assertThat(layer.getLong("size")).isGreaterThan(DROPLET);
    var blobs = url("registry", "/v2/cloudfoundry/guid/blobs/");
    var config = json(blobs + manifest.getJsonObject("config").getString("digest"));
    var diffId = config.getJsonObject("rootfs").getJsonArray("diff_ids").getString(2);

    try (var slow = open(blobs + diffId)) {
      var first = slow.readNBytes(1);
      assertThat(digestOf(new byte[0], open(url("api", "/droplets/guid/hash"))))
          .isEqualTo(uploaded);
      assertThat(digestOf(new byte[0], open(blobs + layer.getString("digest"))))
          .isEqualTo(layer.getString("digest"));
      expectLittleMemory();
      assertThat(digestOf(first, slow)).isEqualTo(diffId);
    }
    expectLittleMemory();
  }

  /** Answers the digest of what has been sent. */
  private String upload(String url) throws Exception {
    var connection = connect(url);
    connection.setRequestMethod("PUT");
    connection.setDoOutput(true);
    connection.setChunkedStreamingMode(BLOCK);
    connection.setRequestProperty("Content-Type", Form.contentType());
    String digest;
    try (var out = connection.getOutputStream()) {
      out.write(Form.before("droplet"));
      var droplet = new DigestingOutputStream(out);
      writeDroplet(droplet);
      digest = droplet.digest().value();
      out.write(Form.after());
    }
    var answer = new JsonObject(new String(connection.getInputStream().readAllBytes()));
    assertThat(connection.getResponseCode()).isEqualTo(201);
    assertThat("sha256:" + answer.getString("sha256")).isEqualTo(digest);
    return digest;
  }

  private void writeDroplet(OutputStream to) throws Exception {
    var random = new SplittableRandom(1);
    var block = new byte[BLOCK];
    var gzip = new StoringGzip(to);
    var tar = new TarArchiveOutputStream(gzip);
    var entry = new TarArchiveEntry("./app/large");
    entry.setSize(DROPLET);
    tar.putArchiveEntry(entry);
    for (long written = 0; written < DROPLET; written += BLOCK) {
      if (written == DROPLET / 2) {
        expectLittleMemory();
      }
      random.nextBytes(block);
      tar.write(block);
    }
    tar.closeArchiveEntry();
    tar.finish();
    gzip.finish();
  }

  /** Compressing what does not compress would only take time. */
  private static final class StoringGzip extends GZIPOutputStream {
    StoringGzip(OutputStream to) throws IOException {
      super(to, BLOCK);
      def.setLevel(Deflater.NO_COMPRESSION);
    }
  }

  private static HttpURLConnection connect(String url) throws IOException {
    var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.setConnectTimeout((int) RunningServer.PATIENCE.toMillis());
    connection.setReadTimeout((int) RunningServer.PATIENCE.toMillis());
    connection.setRequestProperty("Authorization", RunningServer.basic("admin", "admin"));
    return connection;
  }

  private static InputStream open(String url) throws IOException {
    return connect(url).getInputStream();
  }

  private static JsonObject json(String url) throws IOException {
    try (var in = open(url)) {
      return new JsonObject(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static String digestOf(byte[] start, InputStream rest) throws IOException {
    try (rest;
        var digesting = new DigestingOutputStream(OutputStream.nullOutputStream())) {
      digesting.write(start);
      rest.transferTo(digesting);
      return digesting.digest().value();
    }
  }

  /** What the server still uses once it has thrown away what it can. */
  private void expectLittleMemory() throws Exception {
    var histogram =
        new ProcessBuilder(tool("jcmd"), Long.toString(server.pid()), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    var total = "";
    try (var lines = histogram.inputReader()) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        total = line.startsWith("Total") ? line : total;
      }
    }
    assertThat(server.isAlive()).as(log.toString()).isTrue();
    assertThat(Long.parseLong(total.split("\\s+")[2])).as(total).isLessThan(LIVE_AT_MOST);
  }
}
