package dropship.registry.image;

import dropship.rootfs.lifecycle.LifecycleLayer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The entries of one droplet as its layer has them: below {@code home/vcap}, owned by the app's
 * user, with nothing in them that only the machine it was staged on could mean. What can be made
 * safe is; what cannot makes the droplet unsuitable (OCI image-spec, "Image Layer Filesystem
 * Changeset").
 *
 * <p>Later entries are judged by earlier ones: nothing may be written through a link, and of two
 * entries of one name the later wins, as it does for whoever unpacks the droplet.
 */
final class HomeEntries {
  private static final String HOME = "home/vcap";
  private static final String WHITEOUT = ".wh.";
  private static final int PERMISSIONS = 0777;

  /** The last second that a tar header can say in octal digits. */
  private static final long LATEST = 0_77777777777L;

  /** What the kernel takes, less room for where images are unpacked (PATH_MAX is 4096). */
  private static final int LONGEST = 4095;

  /** Of one component, in bytes (NAME_MAX). */
  private static final int LONGEST_NAME = 255;

  private static final int DIRECTORY = 0;
  private static final int FILE = 1;
  private static final int SYMLINK = 2;
  private static final int LINKED_FILE = 3;

  /** Of all names together, in characters: writing long ones takes long. */
  private static final long MOST_NAMES = 64L << 20;

  /** The value of a directory that has no entry, but something in it has. */
  private static final int IMPLIED = value((1 << 29) - 1, DIRECTORY);

  private final PathTable paths = new PathTable();
  private final Map<String, Integer> leftOut = new TreeMap<>();
  private final BitSet superseded = new BitSet();
  private final long maxPaths;
  private long implied;
  private long names;
  private int kept;

  /** Directories without entries of their own count as well: {@code maxPaths} of them are fine. */
  HomeEntries(long maxPaths) {
    this.maxPaths = maxPaths;
  }

  /**
   * The entry of the layer that stands for {@code entry}; empty if the layer has none.
   *
   * @throws UnsuitableDroplet if no layer can say safely what this entry says
   */
  Optional<TarArchiveEntry> keep(TarArchiveEntry entry) throws UnsuitableDroplet {
    var path = home(entry.getName(), "name");
    if (path.equals(HOME)) {
      return Optional.empty(); // the directory itself comes with every layer
    }
    var type = typeOf(entry);
    if (type.isEmpty()) {
      return Optional.empty();
    }
    var re = new TarArchiveEntry(type.get() == TarConstants.LF_DIR ? path + "/" : path, type.get());
    re.setIds(LifecycleLayer.VCAP, LifecycleLayer.VCAP);
    re.setNames("", "");
    re.setMode(entry.getMode() & PERMISSIONS);
    re.setModTime(Math.clamp(entry.getLastModifiedTime().toMillis() / 1000, 0, LATEST) * 1000);
    switch (type.get()) {
      case TarConstants.LF_NORMAL ->
          re.setSize(entry.isSparse() ? entry.getRealSize() : entry.getSize());
      case TarConstants.LF_SYMLINK -> re.setLinkName(text(entry.getLinkName(), "link target"));
      case TarConstants.LF_LINK -> re.setLinkName(hardLinkTarget(entry, path));
      default -> {}
    }
    remember(entry, path, type.get());
    return Optional.of(re);
  }

  /** How many entries of which type have no place in an image. */
  Map<String, Integer> leftOut() {
    return leftOut;
  }

  /** Which of the entries kept, counted from 0, a later one of the same name has replaced. */
  BitSet superseded() {
    return superseded;
  }

  private Optional<Byte> typeOf(TarArchiveEntry entry) {
    if (entry.isDirectory()) {
      return Optional.of(TarConstants.LF_DIR); // old tars say so by a slash behind the name
    }
    return switch (entry.getLinkFlag()) {
      case TarConstants.LF_NORMAL,
          TarConstants.LF_OLDNORM,
          TarConstants.LF_CONTIG,
          TarConstants.LF_GNUTYPE_SPARSE ->
          Optional.of(TarConstants.LF_NORMAL);
      case TarConstants.LF_SYMLINK -> Optional.of(TarConstants.LF_SYMLINK);
      case TarConstants.LF_LINK -> Optional.of(TarConstants.LF_LINK);
      case TarConstants.LF_CHR, TarConstants.LF_BLK -> leaveOut("device");
      case TarConstants.LF_FIFO -> leaveOut("fifo");
      default -> leaveOut("unknown type");
    };
  }

  private Optional<Byte> leaveOut(String type) {
    leftOut.merge(type, 1, Integer::sum);
    return Optional.empty();
  }

  /** Where {@code name} is in the image: absolute names, too, are meant to be the droplet's own. */
  private static String home(String name, String what) throws UnsuitableDroplet {
    var path = new StringBuilder(HOME);
    for (var component : text(name, what).split("/")) {
      if (component.equals("..")) {
        throw new UnsuitableDroplet("entry '" + shown(name) + "': its " + what + " climbs by '..'");
      }
      if (component.startsWith(WHITEOUT)) {
        throw new UnsuitableDroplet(
            "entry '"
                + shown(name)
                + "': '"
                + WHITEOUT
                + "' begins a name that deletes files in an image");
      }
      if (component.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
        throw new UnsuitableDroplet(
            "entry '" + shown(name) + "': no file system has names longer than " + LONGEST_NAME);
      }
      if (!component.isEmpty() && !component.equals(".")) {
        path.append('/').append(component);
      }
    }
    return path.toString();
  }

  private static String text(String text, String what) throws UnsuitableDroplet {
    if (text.isEmpty() || text.indexOf('\0') >= 0 || text.indexOf('\uFFFD') >= 0) {
      throw new UnsuitableDroplet(
          "entry '" + shown(text) + "': its " + what + " is empty or not UTF-8");
    }
    if (text.length() > LONGEST) {
      throw new UnsuitableDroplet(
          "entry '" + shown(text) + "': its " + what + " is longer than " + LONGEST);
    }
    return text;
  }

  /**
   * Unpackers make a hard link to what is there already, so its target must be, and be the
   * droplet's own.
   */
  private String hardLinkTarget(TarArchiveEntry entry, String path) throws UnsuitableDroplet {
    var target = home(entry.getLinkName(), "hard link's target");
    int found = paths.get(target);
    if (target.equals(path)
        || found == PathTable.ABSENT
        || kindOf(found) == DIRECTORY
        || kindOf(found) == SYMLINK) {
      throw new UnsuitableDroplet(
          "entry '%s': a hard link to '%s', which is no file that came before"
              .formatted(shown(entry.getName()), shown(entry.getLinkName())));
    }
    paths.put(target, value(indexOf(found), LINKED_FILE));
    return target;
  }

  private void remember(TarArchiveEntry entry, String path, byte type) throws UnsuitableDroplet {
    int kind =
        switch (type) {
          case TarConstants.LF_DIR -> DIRECTORY;
          case TarConstants.LF_SYMLINK -> SYMLINK;
          // A link is another name of a file: replacing it leaves the other names in order.
          default -> FILE;
        };
    names += path.length();
    if (names > MOST_NAMES) {
      throw new UnsuitableDroplet(
          "the names in the tar have more than the allowed " + MOST_NAMES + " characters");
    }
    checkParents(entry, path);
    int before = paths.get(path);
    if (before != PathTable.ABSENT) {
      boolean wasDirectory = kindOf(before) == DIRECTORY;
      if (wasDirectory != (kind == DIRECTORY) || kindOf(before) == LINKED_FILE) {
        throw new UnsuitableDroplet(
            "entry '%s': comes twice, and the later one cannot replace the earlier"
                .formatted(shown(entry.getName())));
      }
      if (before != IMPLIED) {
        superseded.set(indexOf(before));
      }
    }
    paths.put(path, value(kept++, kind));
  }

  /**
   * A parent that is not in the droplet is made by whoever unpacks, so it is a directory from then
   * on; one that is must be a directory.
   */
  private void checkParents(TarArchiveEntry entry, String path) throws UnsuitableDroplet {
    for (var parent = parentOf(path); !parent.equals(HOME); parent = parentOf(parent)) {
      int found = paths.get(parent);
      if (found != PathTable.ABSENT && kindOf(found) != DIRECTORY) {
        throw new UnsuitableDroplet(
            "entry '%s': its parent '%s' is a %s, expected a directory"
                .formatted(
                    shown(entry.getName()),
                    shown(parent),
                    kindOf(found) == SYMLINK ? "symbolic link" : "file"));
      }
      if (found != PathTable.ABSENT) {
        return; // its own parents have been checked when it came
      }
      if (++implied > maxPaths) {
        throw new UnsuitableDroplet(
            "the tar has more than the allowed " + maxPaths + " directories without an entry");
      }
      paths.put(parent, IMPLIED);
    }
  }

  private static String parentOf(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  private static int value(int index, int kind) {
    return index << 2 | kind;
  }

  private static int kindOf(int value) {
    return value & 3;
  }

  private static int indexOf(int value) {
    return value >> 2;
  }

  private static String shown(String name) {
    var start = name.length() > 200 ? name.substring(0, 200) + "…" : name;
    return start.replaceAll("\\p{Cntrl}", "?");
  }
}
