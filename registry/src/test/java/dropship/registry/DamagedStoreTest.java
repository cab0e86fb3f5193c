package dropship.registry;

import static dropship.registry.RunningServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A blob that is not what its record says never looks whole, and nobody waits for the rest. */
@Timeout(60)
class DamagedStoreTest {
  private static final String BLOBS = "/v2/cloudfoundry/guid/blobs/";
  private RunningServer server;
  private Path layer;
  private String digest;
  private String diffId;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    var store = directory.resolve("store");
    server =
        RunningServer.start(directory, RunningServer.local(store))
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.bulkyDroplet(700_000));
    var manifest = json(server.get("/v2/cloudfoundry/guid/manifests/hash"));
    digest = manifest.getJsonArray("layers").getJsonObject(2).getString("digest");
    diffId =
        json(server.get(BLOBS + manifest.getJsonObject("config").getString("digest")))
            .getJsonObject("rootfs")
            .getJsonArray("diff_ids")
            .getString(2);
    var hex = digest.substring("sha256:".length());
    layer = store.resolve("dropship/layers/sha256").resolve(hex.substring(0, 2)).resolve(hex);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void refusesToSendALayerThatIsTooShort() throws Exception {
    try (var file = FileChannel.open(layer, StandardOpenOption.WRITE)) {
      file.truncate(600_000);
    }

    assertThat(server.get(BLOBS + digest).statusCode()).isEqualTo(500);
    assertThat(server.get(BLOBS + digest, "Range", "bytes=599000-").statusCode()).isEqualTo(500);
    assertThat(server.get(BLOBS + digest, "Range", "bytes=0-99").statusCode()).isEqualTo(206);
  }

  @Test
  void breaksOffWhereDecompressingFails() throws Exception {
    try (var file = FileChannel.open(layer, StandardOpenOption.WRITE)) {
      file.truncate(600_000);
    }

    assertThatThrownBy(() -> server.get(BLOBS + diffId))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(HttpTimeoutException.class);
  }

  @Test
  void saysThatALayerIsGone() throws Exception {
    Files.delete(layer);

    for (var blob : new String[] {digest, diffId}) {
      var answer = server.get(BLOBS + blob);
      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(RunningServer.code(answer)).isEqualTo("BLOB_UNKNOWN");
    }
  }
}
