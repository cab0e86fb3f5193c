package dropship.registry.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.registry.image.FileTree.Seen;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One tree as the libraries of stagers have packed it, see {@code droplets/README.md}. */
class ForeignTarTest {
  private static final int VCAP = 2000;
  private static final String DEEP = "home/vcap/app/" + "directory/".repeat(14);

  @TempDir Path scratch;

  @ParameterizedTest
  @ValueSource(
      strings = {"bsdtar", "go-gnu", "go-pax", "node", "python-gnu", "python-pax", "python-ustar"})
  void itsTreeArrives(String packer) throws Exception {
    assertThat(unpacked(packer)).containsExactlyEntriesOf(tree());
  }

  /**
   * Git knows neither hard links, nor empty directories, nor more of a mode than who may execute.
   */
  @Test
  void anArchiveOfGitArrives() throws Exception {
    var tree = new FileTree();
    directories(tree);
    tree.file("home/vcap/app/x", 0755, VCAP, VCAP, "content".getBytes(UTF_8));
    tree.file("home/vcap/app/y", 0755, VCAP, VCAP, "content".getBytes(UTF_8));
    assertThat(unpacked("git-archive")).containsExactlyEntriesOf(tree.seen());
  }

  private static Map<String, Seen> tree() {
    var tree = new FileTree();
    directories(tree);
    tree.directory("home/vcap/app/empty", 0700, VCAP, VCAP);
    tree.file("home/vcap/app/x", 0550, VCAP, VCAP, "content".getBytes(UTF_8));
    tree.link("home/vcap/app/y", "home/vcap/app/x");
    return tree.seen();
  }

  private static void directories(FileTree tree) {
    tree.directory("home", 0755, 0, 0);
    tree.directory("home/vcap", 0755, VCAP, VCAP);
    tree.directory("home/vcap/app", 0755, VCAP, VCAP);
    tree.directory("home/vcap/app/with space", 0755, VCAP, VCAP);
    tree.file("home/vcap/app/with space/naïve 文件", 0644, VCAP, VCAP, "text".getBytes(UTF_8));
    tree.symlink("home/vcap/app/link", VCAP, VCAP, "../deps");
    tree.symlink("home/vcap/app/absolute", VCAP, VCAP, "/home/vcap/deps");
    tree.file(DEEP + "file", 0644, VCAP, VCAP, "deep".getBytes(UTF_8));
    for (int slash = DEEP.indexOf('/', 14); slash > 0; slash = DEEP.indexOf('/', slash + 1)) {
      tree.directory(DEEP.substring(0, slash), 0755, VCAP, VCAP);
    }
  }

  private Map<String, Seen> unpacked(String packer) throws IOException, UnsuitableDroplet {
    try (var droplet = getClass().getResourceAsStream("/droplets/" + packer + ".tgz")) {
      return Unpacked.layers(Tars.convert(droplet, scratch, Tars.uncompressed()));
    }
  }
}
