package dropship.registry.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SmallRootfsTest {
  @TempDir private Path directory;

  private Map<String, TarArchiveEntry> entriesOf(SmallRootfs rootfs) throws IOException {
    var tar = directory.resolve("rootfs.tar");
    rootfs.write(tar);
    var entries = new LinkedHashMap<String, TarArchiveEntry>();
    try (var in = new TarArchiveInputStream(Files.newInputStream(tar))) {
      for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        assertThat(entries.put(entry.getName().replaceAll("/$", ""), entry))
            .as("another %s", entry.getName())
            .isNull();
      }
    }
    return entries;
  }

  private Path program(String name) throws IOException {
    var file = directory.resolve(name);
    Files.writeString(file, "#!/bin/bash\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void startsBashAndEverydayProgramsOfThisMachine() throws Exception {
    var rootfs = SmallRootfs.ofThisMachine();
    assumeTrue(rootfs.whyEmpty().isEmpty(), () -> rootfs.whyEmpty().orElseThrow());
    var tar = directory.resolve("rootfs.tar");
    rootfs.write(tar);
    var root = Files.createDirectory(directory.resolve("root"));
    assertThat(run("tar", "-C", root.toString(), "-xf", tar.toString())).isEmpty();
    assumeTrue(run("id", "-u").equals("0\n"), "only root may change its root directory");

    var said =
        run(
            "chroot",
            root.toString(),
            "/bin/bash",
            "-c",
            "cat /etc/passwd | grep vcap | cut -d: -f3; dirname $(readlink /lib)/x; ls -d /tmp");

    assertThat(said).isEqualTo("2000\nusr/lib\n/tmp\n");
  }

  private static String run(String... command) throws Exception {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return output;
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void namesEveryDirectoryBeforeWhatIsInItAndEveryTargetBeforeItsLink() throws Exception {
    var seen = new LinkedHashMap<String, TarArchiveEntry>();
    entriesOf(SmallRootfs.ofThisMachine())
        .forEach((name, entry) -> {
          int slash = name.lastIndexOf('/');
          if (slash > 0) {
            assertThat(seen).as("parent of %s", name).containsKey(name.substring(0, slash));
          }
          if (entry.isLink()) {
            assertThat(seen).as("target of %s", name).containsKey(entry.getLinkName());
          }
          seen.put(name, entry);
        });
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void isTheSameEachTime() throws Exception {
    SmallRootfs.ofThisMachine().write(directory.resolve("first"));
    SmallRootfs.ofThisMachine().write(directory.resolve("second"));

    assertThat(directory.resolve("second")).hasSameBinaryContentAs(directory.resolve("first"));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void writesAFileThatIsManyProgramsOnce() throws Exception {
    program("bash");
    program("ldd");
    var busybox = program("busybox");
    for (var name : List.of("cat", "ls")) {
      Files.createSymbolicLink(directory.resolve(name), busybox);
    }

    var entries = entriesOf(SmallRootfs.of("Linux", List.of(directory)));

    assertThat(entries.get("usr/bin/cat").isFile()).isTrue();
    assertThat(entries.get("usr/bin/ls").isLink()).isTrue();
    assertThat(entries.get("usr/bin/ls").getLinkName()).isEqualTo("usr/bin/cat");
  }

  @Test
  void takesFilesFromAnywhere() throws Exception {
    var library = program("library");
    var programs = Map.of("opt/x/lib/a.so", library, "usr/bin/bash", program("bash"));

    var entries = entriesOf(new SmallRootfs(programs, Optional.empty()));

    assertThat(entries).containsKeys("opt", "opt/x", "opt/x/lib", "opt/x/lib/a.so");
    assertThat(entries.get("bin").getLinkName()).isEqualTo("usr/bin");
  }

  @Test
  void isEmptyWhereNothingCanRun() throws Exception {
    var elsewhere = SmallRootfs.of("Mac OS X", List.of(directory));
    var bare = SmallRootfs.of("Linux", List.of(directory));

    assertThat(elsewhere.whyEmpty()).hasValueSatisfying(why -> assertThat(why).contains("Linux"));
    assertThat(bare.whyEmpty()).hasValueSatisfying(why -> assertThat(why).contains("bash"));
    assertThat(SmallRootfs.isEmpty(elsewhere.version("abc"))).isTrue();
    assertThat(entriesOf(elsewhere))
        .containsKeys("etc/passwd", "tmp")
        .doesNotContainKey("usr/bin/bash");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void isEmptyWhereNobodyKnowsTheLibraries() throws Exception {
    program("bash");

    assertThat(SmallRootfs.of("Linux", List.of(directory)).whyEmpty())
        .hasValueSatisfying(why -> assertThat(why).contains("ldd"));
  }
}
