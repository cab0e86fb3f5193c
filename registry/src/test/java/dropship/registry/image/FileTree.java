package dropship.registry.image;

import dropship.blobstore.content.Digest;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What unpacking makes, by name. Names have neither a slash in front nor one behind. */
final class FileTree {
  private final SortedMap<String, Node> nodes = new TreeMap<>();

  /** What several names may stand for. */
  private record Node(char type, int mode, long uid, long gid, String content) {}

  /**
   * What is under a name.
   *
   * @param content the digest of a file, the target of a symbolic link
   * @param firstName of all that stand for the same file
   */
  record Seen(char type, String mode, long uid, long gid, String content, String firstName) {}

  boolean has(String name) {
    return nodes.containsKey(name);
  }

  boolean hasDirectory(String name) {
    return has(name) && nodes.get(name).type == 'd';
  }

  boolean hasFile(String name) {
    return has(name) && nodes.get(name).type == '-';
  }

  /** Makes a directory, or gives the one that is there other attributes. */
  void directory(String name, int mode, long uid, long gid) {
    nodes.put(name, new Node('d', mode, uid, gid, ""));
  }

  void file(String name, int mode, long uid, long gid, byte[] content) {
    nodes.put(name, new Node('-', mode, uid, gid, Digest.of(content).value()));
  }

  void symlink(String name, long uid, long gid, String target) {
    nodes.put(name, new Node('l', 0777, uid, gid, target));
  }

  void link(String name, String target) {
    nodes.put(name, nodes.get(target));
  }

  /** The directory that {@code name} is in; empty at the top. */
  static String parentOf(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('/')));
  }

  Map<String, Seen> seen() {
    var firstNames = new IdentityHashMap<Node, String>();
    nodes.forEach((name, node) -> firstNames.putIfAbsent(node, name));
    var all = new TreeMap<String, Seen>();
    nodes.forEach((name, node) -> {
      var mode = Integer.toOctalString(node.mode);
      var first = firstNames.get(node);
      all.put(name, new Seen(node.type, mode, node.uid, node.gid, node.content, first));
    });
    return all;
  }
}
