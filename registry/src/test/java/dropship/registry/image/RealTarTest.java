package dropship.registry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Droplets as the {@code tar} of the command line makes them, and layers as it takes them. */
class RealTarTest {
  private static final String LONG = "directory/".repeat(15) + "文件?";

  @TempDir Path scratch;
  @TempDir Path tree;

  @BeforeEach
  void plant() throws Exception {
    assumeTrue(runs("tar", "--version"), "there is no tar here");
    Files.createDirectories(tree.resolve("app/empty"));
    Files.writeString(tree.resolve("app/x"), "content");
    Files.createLink(tree.resolve("app/y"), tree.resolve("app/x"));
    Files.createSymbolicLink(tree.resolve("app/link"), Path.of("../deps"));
    Files.createSymbolicLink(tree.resolve("app/absolute"), Path.of("/home/vcap/deps"));
    Files.createDirectory(tree.resolve("app/with space"));
    Files.writeString(tree.resolve("app/with space/x"), "text");
    Files.setPosixFilePermissions(
        tree.resolve("app/x"), PosixFilePermissions.fromString("r-xr-x---"));
    try (var sparse = new RandomAccessFile(tree.resolve("app/sparse").toFile(), "rw")) {
      for (int i = 0; i < 8; i++) {
        sparse.seek(i * 65_536L);
        sparse.write(("data" + i).getBytes());
      }
      sparse.setLength(700_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "oldgnu", "posix", "ustar", "v7"})
  void everyFormatGivesTheSameTree(String format) throws Exception {
    expectTree(unpacked("--format=" + format));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnutar", "pax", "paxr", "ustar", "v7"})
  void everyFormatOfBsdtarGivesTheSameTree(String format) throws Exception {
    assumeTrue(runs("bsdtar", "--version"), "there is no bsdtar here");
    expectTree(unpackedFrom("bsdtar", "--format=" + format, "-czf", "DROPLET", "-C", "TREE", "."));
  }

  @ParameterizedTest
  @ValueSource(strings = {"GNU", "PAX", "USTAR"})
  void everyFormatOfPythonGivesTheSameTree(String format) throws Exception {
    assumeTrue(runs("python3", "--version"), "there is no Python here");
    var script =
        "import sys, tarfile;"
            + "t = tarfile.open(sys.argv[1], 'w:gz', format=tarfile.%s_FORMAT);".formatted(format)
            + "t.add(sys.argv[2], '.'); t.close()";
    expectTree(unpackedFrom("python3", "-c", script, "DROPLET", "TREE"));
  }

  private void expectTree(Path layer) throws IOException {
    assertThat(layer.resolve("app/empty")).isEmptyDirectory();
    assertThat(layer.resolve("app/x")).hasContent("content");
    assertThat(Files.isSameFile(layer.resolve("app/x"), layer.resolve("app/y"))).isTrue();
    assertThat(layer.resolve("app/link")).isSymbolicLink();
    assertThat(Files.readSymbolicLink(layer.resolve("app/link"))).isEqualTo(Path.of("../deps"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(layer.resolve("app/x"))))
        .isEqualTo("r-xr-x---");
    assertThat(layer.resolve("app/sparse")).hasSameBinaryContentAs(tree.resolve("app/sparse"));
    assertThat(layer.resolve("app/with space/x")).hasContent("text");
    assertThat(Files.readSymbolicLink(layer.resolve("app/absolute")))
        .isEqualTo(Path.of("/home/vcap/deps"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "oldgnu", "posix"})
  void longNamesAndTargetsArriveInEveryFormatThatHasThem(String format) throws Exception {
    Files.createDirectories(tree.resolve(LONG).getParent());
    Files.writeString(tree.resolve(LONG), "content");
    Files.createSymbolicLink(tree.resolve("app/far"), Path.of(LONG));
    var layer = unpacked("--format=" + format);
    assertThat(layer.resolve(LONG)).hasContent("content");
    assertThat(Files.readSymbolicLink(layer.resolve("app/far"))).isEqualTo(Path.of(LONG));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--format=gnu --sparse",
        "--format=posix --sparse --sparse-version=0.0",
        "--format=posix --sparse --sparse-version=0.1",
        "--format=posix --sparse --sparse-version=1.0"
      })
  void sparseFilesArriveWithTheirHoles(String options) throws Exception {
    var layer = unpacked(options.split(" "));
    assertThat(layer.resolve("app/sparse")).hasSameBinaryContentAs(tree.resolve("app/sparse"));
    assertThat(layer.resolve("app/x")).as("what comes behind").hasContent("content");
  }

  @Test
  void theOrderOfEntriesIsNoMatter() throws Exception {
    assertThat(unpacked("--sort=name").resolve("app/x")).hasContent("content");
  }

  /** Packs the tree by tar with {@code options}, converts that, and unpacks the layer by tar. */
  private Path unpacked(String... options) throws Exception {
    var pack = new ArrayList<>(List.of(options));
    pack.addFirst("tar");
    pack.addAll(List.of("-czf", "DROPLET", "-C", "TREE", "."));
    return unpackedFrom(pack.toArray(String[]::new));
  }

  /** The same with any command, of which DROPLET and TREE stand for their paths. */
  private Path unpackedFrom(String... packing) throws Exception {
    var droplet = scratch.resolve("droplet");
    var pack =
        Stream.of(packing)
            .map(word -> word.equals("DROPLET") ? droplet.toString() : word)
            .map(word -> word.equals("TREE") ? tree.toString() : word)
            .toArray(String[]::new);
    assertThat(runs(pack)).as(Arrays.toString(pack)).isTrue();
    var converted = Tars.convert(Files.readAllBytes(droplet), scratch);
    var root = Files.createDirectory(scratch.resolve("root"));
    assertThat(
            runs(
                "tar",
                "-xpf",
                converted.layers().getFirst().file().toString(),
                "--no-same-owner",
                "-C",
                root.toString()))
        .isTrue();
    return root.resolve("home/vcap");
  }

  private static boolean runs(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException missing) {
      return false;
    }
  }
}
