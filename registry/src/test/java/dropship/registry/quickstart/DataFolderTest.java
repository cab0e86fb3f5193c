package dropship.registry.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
  private DataFolder data;

  @BeforeEach
  void makeFolder(@TempDir Path directory) {
    data = new DataFolder(directory.resolve("new/folder"));
  }

  private Map<String, String> files() throws IOException {
    var files = new TreeMap<String, String>();
    try (var all = Files.walk(data.path())) {
      for (var file : all.filter(Files::isRegularFile).toList()) {
        files.put(data.path().relativize(file).toString(), Files.readString(file));
      }
    }
    return files;
  }

  @Test
  void isFilledOnce() throws Exception {
    data.fill();
    var first = files();
    data.fill();

    assertThat(first).containsOnlyKeys("admin.pw", "dropship.yml", "pull.pw", "tls.crt", "tls.key");
    assertThat(files()).isEqualTo(first);
    assertThat(first.get("admin.pw")).matches("[0-9a-f]{32}\n").isNotEqualTo(first.get("pull.pw"));
  }

  @Test
  void isFilledWhereAnEarlierStartDidNotGetToTheEnd() throws Exception {
    data.fill();
    var first = files();
    Files.delete(data.certificate());
    Files.move(data.config(), data.path().resolve("dropship.yml.new"));
    Files.move(data.password("pull"), data.path().resolve("pull.pw.new"));
    data.fill();

    assertThat(files()).containsOnlyKeys(first.keySet().toArray(String[]::new));
    assertThat(files()).containsEntry("admin.pw", first.get("admin.pw"));
    assertThat(files().get("tls.key")).isNotEqualTo(first.get("tls.key"));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void isForItsOwnerOnly() throws Exception {
    data.fill();

    assertThat(Files.getPosixFilePermissions(data.path()))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    for (var secret : new String[] {"admin.pw", "pull.pw", "tls.key"}) {
      assertThat(Files.getPosixFilePermissions(data.path().resolve(secret)))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void showsClientsWhomToTrust() throws Exception {
    data.fill();
    data.trust("localhost:5000");
    data.trust("localhost:5000");

    assertThat(data.trusted("localhost:5000"))
        .isEqualTo(data.trusted().resolve("localhost:5000"))
        .isDirectoryContaining("glob:**/hosts.toml");
    assertThat(data.trusted("localhost:5000").resolve("ca.crt"))
        .hasSameBinaryContentAs(data.certificate());
  }
}
