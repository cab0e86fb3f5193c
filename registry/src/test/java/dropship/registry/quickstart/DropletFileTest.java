package dropship.registry.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DropletFileTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "my-droplet.tgz, my-droplet",
    "My App v1.2.tar.gz, my-app-v1-2",
    "droplet_0f6d1b52.tgz, droplet-0f6d1b52",
    "-.tgz, droplet",
    "ünicode.droplet, nicode",
    "noextension, noextension"
  })
  void namesARepositoryAfterTheFile(String file, String repository) {
    assertThat(new DropletFile(Path.of("folder", file)).name()).isEqualTo(repository);
  }

  @Test
  void boundsTheName() {
    assertThat(new DropletFile(Path.of("x".repeat(59) + "-y-".repeat(60))).name())
        .isEqualTo("x".repeat(59));
  }

  @Test
  void takesADroplet() throws Exception {
    var sample = directory.resolve("sample.tgz");
    SampleDroplet.write(sample);

    assertThat(new DropletFile(sample).problem()).isEmpty();
  }

  @Test
  void saysWhatIsWrongWithAFile() throws Exception {
    var text = Files.writeString(directory.resolve("text"), "some text, and no droplet");
    var empty = Files.createFile(directory.resolve("empty"));

    for (var noDroplet : new Path[] {text, empty}) {
      assertThat(new DropletFile(noDroplet).problem())
          .hasValueSatisfying(
              why -> assertThat(why).contains("not a gzipped tar", "cf download-droplet"));
    }
    assertThat(new DropletFile(directory).problem())
        .hasValueSatisfying(why -> assertThat(why).contains("directory"));
    assertThat(new DropletFile(directory.resolve("missing")).problem())
        .hasValueSatisfying(why -> assertThat(why).contains("no such file"));
  }
}
