package dropship.registry.image;

import static dropship.registry.image.FileTree.parentOf;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.registry.image.DropletLayers.Converted;
import dropship.registry.image.FileTree.Seen;
import dropship.rootfs.layer.Compression;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** What an app finds: by its droplet, and by the layers that have been made of it. */
final class Unpacked {
  private static final String HOME = "home/vcap";
  private static final int VCAP = 2000;
  private static final Set<Byte> FILES =
      Set.of(
          TarConstants.LF_OLDNORM,
          TarConstants.LF_NORMAL,
          TarConstants.LF_CONTIG,
          TarConstants.LF_GNUTYPE_SPARSE);

  private Unpacked() {}

  /** What the app's user gets by {@code tar -xz} of the droplet in the home directory. */
  static Map<String, Seen> droplet(byte[] droplet) throws IOException {
    var tree = new FileTree();
    tree.directory("home", 0755, 0, 0);
    tree.directory(HOME, 0755, VCAP, VCAP);
    try (var tar = tar(Compression.GZIP.decompress(new ByteArrayInputStream(droplet)))) {
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        unpack(entry, tar, tree);
      }
    }
    return tree.seen();
  }

  private static void unpack(TarArchiveEntry entry, InputStream content, FileTree tree)
      throws IOException {
    var name = home(entry.getName());
    int mode = entry.getMode() & 0777;
    if (name.equals(HOME)) {
      return; // it is the image's, not the droplet's
    }
    if (entry.isDirectory()) {
      withParents(tree, name).directory(name, mode, VCAP, VCAP);
    } else if (entry.isLink()) {
      withParents(tree, name).link(name, home(entry.getLinkName()));
    } else if (entry.isSymbolicLink()) {
      withParents(tree, name).symlink(name, VCAP, VCAP, entry.getLinkName());
    } else if (FILES.contains(entry.getLinkFlag())) {
      withParents(tree, name).file(name, mode, VCAP, VCAP, content.readAllBytes());
    }
  }

  private static FileTree withParents(FileTree tree, String name) {
    for (var above = parentOf(name); !tree.has(above); above = parentOf(above)) {
      tree.directory(above, 0755, VCAP, VCAP);
    }
    return tree;
  }

  private static String home(String name) {
    return Arrays.stream((HOME + "/" + name).split("/"))
        .filter(part -> !part.isEmpty() && !part.equals("."))
        .collect(Collectors.joining("/"));
  }

  /**
   * What container runtimes make of the layers, one upon the other. Fails where runtimes differ or
   * would have to guess: each layer has a path but once and with all of its parents, hard links
   * stay in their layer, and what is no directory is in one layer alone.
   */
  static Map<String, Seen> layers(Converted converted) throws IOException {
    var tree = new FileTree();
    for (var layer : converted.layers()) {
      var compression = layer.layer().layer().compression();
      try (var tar = tar(compression.decompress(Files.newInputStream(layer.file())))) {
        unpack(tar, tree);
      }
    }
    return tree.seen();
  }

  private static void unpack(TarArchiveInputStream tar, FileTree tree) throws IOException {
    var names = new HashSet<String>();
    for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      var name = entry.getName().replaceFirst("/$", "");
      long uid = entry.getLongUserId();
      long gid = entry.getLongGroupId();
      expectPlace(name);
      expect(names.add(name), "is twice in a layer", name);
      if (entry.isDirectory()) {
        expect(!tree.has(name) || tree.hasDirectory(name), "is a file below", name);
        tree.directory(name, entry.getMode(), uid, gid);
        continue;
      }
      expect(!tree.has(name), "is in a lower layer already", name);
      if (entry.isLink()) {
        var target = entry.getLinkName();
        expect(names.contains(target) && tree.hasFile(target), "is a link to nowhere", name);
        tree.link(name, target); // with the attributes of the file, whatever this entry says
      } else if (entry.isSymbolicLink()) {
        tree.symlink(name, uid, gid, entry.getLinkName());
      } else {
        tree.file(name, entry.getMode(), uid, gid, tar.readAllBytes());
      }
    }
    expectParents(names, tree);
  }

  private static void expectParents(Set<String> names, FileTree tree) {
    for (var name : names) {
      var parent = parentOf(name);
      boolean isThere = names.contains(parent) && tree.hasDirectory(parent);
      expect(parent.isEmpty() || isThere, "has no parent in its layer", name);
    }
  }

  private static void expectPlace(String name) {
    expect(name.equals("home") || (name + "/").startsWith(HOME + "/"), "is elsewhere", name);
    for (var part : name.split("/")) {
      boolean odd = part.isEmpty() || part.equals(".") || part.equals("..");
      expect(!odd && !part.startsWith(".wh."), "is not only a name", name);
    }
  }

  private static void expect(boolean holds, String otherwise, String name) {
    assertThat(holds).as("'%s' %s", name, otherwise).isTrue();
  }

  private static TarArchiveInputStream tar(InputStream in) {
    return new TarArchiveInputStream(in, "UTF-8");
  }
}
