package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole server on S3. */
class S3ServerTest {
  private static final String MANIFEST = "/v2/cloudfoundry/guid/manifests/hash";

  @TempDir private Path directory;
  private BucketsOnDisk s3;

  @BeforeEach
  void startS3() throws Exception {
    s3 = new BucketsOnDisk(directory);
  }

  @AfterEach
  void stopS3() throws Exception {
    s3.close();
  }

  @Test
  void keepsEverythingInItsBucket() throws Exception {
    try (var server =
        RunningServer.start(directory, s3.variables(Map.of()))
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.droplet("kept"))) {
      assertThat(server.get(MANIFEST).statusCode()).isEqualTo(200);
      assertThat(server.ops("/readyz").statusCode()).isEqualTo(200);
    }

    assertThat(s3.resolve("all/cc-droplets/gu/id/guid/hash")).isRegularFile();
    assertThat(s3.resolve("all/dropship/droplets/guid/hash.json")).isRegularFile();
  }

  @Test
  void findsItAllAgain() throws Exception {
    var scratch = Map.of("DROPSHIP_STORE_SCRATCH", "scratch");
    byte[] before;
    try (var server =
        RunningServer.start(directory, s3.variables(scratch))
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.droplet("kept"))) {
      before = server.get(MANIFEST).body();
    }
    Files.createDirectories(directory.resolve("scratch/partial/left/behind"));

    try (var server = RunningServer.start(directory, s3.variables(scratch))) {
      assertThat(server.get(MANIFEST).body()).isEqualTo(before);
      assertThat(directory.resolve("scratch/partial")).isEmptyDirectory();
    }
  }

  @Test
  void keepsDropletsWhereTheCloudControllerDoes() throws Exception {
    s3.create("cc-droplets");

    try (var server =
        RunningServer.start(
                directory, s3.variables(Map.of("DROPSHIP_STORE_DROPLETS_BUCKET", "cc-droplets")))
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.droplet("kept"))) {
      assertThat(server.get(MANIFEST).statusCode()).isEqualTo(200);
    }

    assertThat(s3.resolve("cc-droplets/gu/id/guid/hash")).isRegularFile();
    assertThat(s3.resolve("all/cc-droplets")).doesNotExist();
  }

  @Test
  void isReadyWhileItsStoreAnswers() throws Exception {
    try (var server =
        RunningServer.start(directory, s3.variables(Map.of("DROPSHIP_STORE_S3_PREFIX", "a/b")))) {
      assertThat(server.ops("/readyz").statusCode()).isEqualTo(200);
      s3.close();

      assertThat(server.ops("/readyz").statusCode()).isEqualTo(503);
      assertThat(server.get(MANIFEST).statusCode()).isEqualTo(503);
    }
  }
}
