package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What people read about the configuration is what the code reads. */
class ConfigReferenceTest {

  @Test
  void isWhatTheDocumentationHas() throws Exception {
    var documentation = Path.of("..", "docs", "configuration.md");

    assertThat(documentation)
        .as("make it anew: ./dropship config reference > docs/configuration.md")
        .content()
        .isEqualTo(ConfigReference.markdown());
  }

  @Test
  void saysWhatEveryKeyIsFor() {
    assertThat(ConfigReference.keys().values())
        .allSatisfy(key -> assertThat(key.meaning()).as(key.name()).isNotBlank());
  }

  /** A key that is added is in {@code takesEveryKey} too, so this list cannot be forgotten. */
  @Test
  void knowsEveryKeyThatTheSourceReads() throws Exception {
    assertThat(ConfigReference.keys().keySet())
        .contains(
            "registry.listen",
            "registry.tls.clientCa",
            "registry.users[].passwordFile",
            "api.allowShared",
            "public.signing.keys.<name>.secretFile",
            "ops.listen",
            "store.path",
            "image.maxUncompressedSize",
            "rootfs.retention",
            "limits.uploads",
            "shutdown.grace",
            "log.format");
    assertThat(Files.readString(Path.of("..", "docs", "configuration.md")))
        .contains("DROPSHIP_IMAGE_MAX_UNCOMPRESSED_SIZE");
  }
}
