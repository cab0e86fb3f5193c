package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A blob that is not what its record says never looks whole, and nobody waits for the rest. */
@Timeout(60)
class DamagedStoreTest {
  private static final String BLOBS = "/v2/cloudfoundry/guid/blobs/";
  @AutoClose private RunningServer server;
  private Path layer;
  private String digest;
  private String diffId;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    server =
        RunningServer.startOnDisk(directory)
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.bulkyDroplet(700_000));
    digest = server.dropletLayer("guid", "hash").digest();
    diffId = server.dropletLayer("guid", "hash").diffId();
    var hex = digest.substring("sha256:".length());
    layer =
        server.store().resolve("dropship/layers/sha256").resolve(hex.substring(0, 2)).resolve(hex);
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
