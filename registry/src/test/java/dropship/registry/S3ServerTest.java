package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole server on S3. */
class S3ServerTest {
  private static final String MANIFEST = "/v2/cloudfoundry/guid/manifests/hash";

  @TempDir private Path directory;
  private Path buckets;
  private S3Proxy s3;

  @BeforeEach
  void startS3() throws Exception {
    buckets = Files.createDirectory(directory.resolve("buckets"));
    s3 =
        S3Proxy.builder()
            .blobStore(new FilesystemNio2BlobStore(buckets.toString()))
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "id", "secret")
            .build();
    s3.start();
    Files.writeString(directory.resolve("secret.key"), "secret\n");
  }

  @AfterEach
  void stopS3() throws Exception {
    s3.stop();
  }

  private Map<String, String> with(Map<String, String> more) {
    var variables =
        new HashMap<>(
            Map.of(
                "DROPSHIP_STORE_TYPE", "s3",
                "DROPSHIP_STORE_S3_ENDPOINT", "http://127.0.0.1:" + s3.getPort(),
                "DROPSHIP_STORE_S3_BUCKET", "all",
                "DROPSHIP_STORE_S3_PATH_STYLE", "true",
                "DROPSHIP_STORE_S3_ACCESS_KEY", "id",
                "DROPSHIP_STORE_S3_SECRET_KEY_FILE", "secret.key"));
    variables.putAll(more);
    return variables;
  }

  @Test
  void keepsEverythingInItsBucket() throws Exception {
    Files.createDirectory(buckets.resolve("all"));

    try (var server =
        RunningServer.start(directory, with(Map.of()))
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.droplet("kept"))) {
      assertThat(server.get(MANIFEST).statusCode()).isEqualTo(200);
      assertThat(server.ops("/readyz").statusCode()).isEqualTo(200);
    }

    assertThat(buckets.resolve("all/cc-droplets/gu/id/guid/hash")).isRegularFile();
    assertThat(buckets.resolve("all/dropship/droplets/guid/hash.json")).isRegularFile();
  }

  @Test
  void findsItAllAgain() throws Exception {
    Files.createDirectory(buckets.resolve("all"));
    var scratch = Map.of("DROPSHIP_STORE_SCRATCH", "scratch");
    byte[] before;
    try (var server =
        RunningServer.start(directory, with(scratch))
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.droplet("kept"))) {
      before = server.get(MANIFEST).body();
    }
    Files.createDirectories(directory.resolve("scratch/partial/left/behind"));

    try (var server = RunningServer.start(directory, with(scratch))) {
      assertThat(server.get(MANIFEST).body()).isEqualTo(before);
      assertThat(directory.resolve("scratch/partial")).isEmptyDirectory();
    }
  }

  @Test
  void keepsDropletsWhereTheCloudControllerDoes() throws Exception {
    Files.createDirectory(buckets.resolve("all"));
    Files.createDirectory(buckets.resolve("cc-droplets"));

    try (var server =
        RunningServer.start(
                directory, with(Map.of("DROPSHIP_STORE_DROPLETS_BUCKET", "cc-droplets")))
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.droplet("kept"))) {
      assertThat(server.get(MANIFEST).statusCode()).isEqualTo(200);
    }

    assertThat(buckets.resolve("cc-droplets/gu/id/guid/hash")).isRegularFile();
    assertThat(buckets.resolve("all/cc-droplets")).doesNotExist();
  }

  @Test
  void isReadyWhileItsStoreAnswers() throws Exception {
    Files.createDirectory(buckets.resolve("all"));

    try (var server =
        RunningServer.start(directory, with(Map.of("DROPSHIP_STORE_S3_PREFIX", "a/b")))) {
      assertThat(server.ops("/readyz").statusCode()).isEqualTo(200);
      s3.stop();

      assertThat(server.ops("/readyz").statusCode()).isEqualTo(503);
      assertThat(server.get(MANIFEST).statusCode()).isEqualTo(503);
    }
  }
}
