package dropship.registry.image;

import dropship.registry.image.DropletLayer.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
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
final class HomeEntries implements AutoCloseable {
  static final String HOME = "home/vcap";
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

  /** Of all names together, in characters: sorting long ones takes long. */
  private static final long MOST_NAMES = 64L << 20;

  private final PathTable paths;
  private final Function<String, Kind> rule;
  private final Map<String, Integer> leftOut = new TreeMap<>();
  private final BitSet superseded = new BitSet();
  private final long maxPaths;
  private long implied;
  private long names;
  private int kept;

  /**
   * None so far.
   *
   * @param maxPaths how many directories without an entry of their own are fine
   * @param rule which layer a path belongs in
   * @param scratch for what memory is too small for
   */
  HomeEntries(long maxPaths, Function<String, Kind> rule, Path scratch) {
    this.maxPaths = maxPaths;
    this.rule = rule;
    this.paths = new PathTable(scratch);
  }

  /**
   * What the layers have for {@code entry}: nothing, or itself, behind the directories that it
   * implies, if they have no entries so far.
   *
   * @throws UnsuitableDroplet if no layer can say safely what this entry says
   */
  List<HomeEntry> keep(TarArchiveEntry entry) throws UnsuitableDroplet, IOException {
    var path = home(entry.getName(), "name");
    if (path.equals(HOME)) {
      return List.of(); // the directory itself comes with every layer
    }
    var type = typeOf(entry);
    if (type.isEmpty()) {
      return List.of();
    }
    var re = new LayerHeader(path, type.get());
    re.setMode(entry.getMode() & PERMISSIONS);
    re.setModTime(Math.clamp(entry.getLastModifiedTime().toMillis() / 1000, 0, LATEST) * 1000);
    var target = Optional.<String>empty();
    switch (type.get()) {
      case TarConstants.LF_NORMAL ->
          re.setSize(entry.isSparse() ? entry.getRealSize() : entry.getSize());
      case TarConstants.LF_SYMLINK -> re.setLinkName(text(entry.getLinkName(), "link target"));
      case TarConstants.LF_LINK -> {
        target = Optional.of(hardLinkTarget(entry, path));
        re.setLinkName(target.get());
      }
      default -> {}
    }
    var kept = impliedBy(entry, path);
    kept.add(remember(entry, re, path, target));
    return kept;
  }

  /** How many entries of which type have no place in an image. */
  Map<String, Integer> leftOut() {
    return leftOut;
  }

  /** The numbers of those entries that a later one of the same name has replaced. */
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
        || typeOf(found) == DIRECTORY
        || typeOf(found) == SYMLINK) {
      throw new UnsuitableDroplet(
          "entry '%s': a hard link to '%s', which is no file that came before"
              .formatted(shown(entry.getName()), shown(entry.getLinkName())));
    }
    return target;
  }

  private HomeEntry remember(
      TarArchiveEntry entry, LayerHeader header, String path, Optional<String> target)
      throws UnsuitableDroplet, IOException {
    int type =
        switch (header.getLinkFlag()) {
          case TarConstants.LF_DIR -> DIRECTORY;
          case TarConstants.LF_SYMLINK -> SYMLINK;
          // A link is another name of a file: replacing it leaves the other names in order.
          default -> FILE;
        };
    names += path.length();
    if (names > MOST_NAMES) {
      throw new UnsuitableDroplet(
          "entry '%s': the names in the tar have more than the allowed %d characters"
              .formatted(shown(entry.getName()), MOST_NAMES));
    }
    int before = paths.get(path);
    if (before != PathTable.ABSENT) {
      boolean wasDirectory = typeOf(before) == DIRECTORY;
      if (wasDirectory != (type == DIRECTORY) || typeOf(before) == LINKED_FILE) {
        throw new UnsuitableDroplet(
            "entry '%s': comes twice, and the later one cannot replace the earlier"
                .formatted(shown(entry.getName())));
      }
      superseded.set(numberOf(before));
    }
    var kind = rule.apply(path.substring(HOME.length() + 1));
    boolean waits = kind != Kind.app;
    int linked = kept;
    if (target.isPresent()) {
      int found = paths.get(target.get());
      linked = numberOf(found);
      waits |= waits(found);
      paths.put(target.get(), value(linked, waits(found), LINKED_FILE));
    }
    paths.put(path, value(kept, waits, type));
    return new HomeEntry(header, kept++, linked, kind, waits);
  }

  /**
   * The directories above {@code path} that have no entry so far. Whoever unpacks the droplet makes
   * them; a layer says what they are like. One that there is must be a directory.
   */
  private List<HomeEntry> impliedBy(TarArchiveEntry entry, String path)
      throws UnsuitableDroplet, IOException {
    var missing = new ArrayDeque<String>();
    for (var parent = parentOf(path); !parent.equals(HOME); parent = parentOf(parent)) {
      int found = paths.get(parent);
      if (found != PathTable.ABSENT && typeOf(found) != DIRECTORY) {
        throw new UnsuitableDroplet(
            "entry '%s': its parent '%s' is a %s, expected a directory"
                .formatted(
                    shown(entry.getName()),
                    shown(parent),
                    typeOf(found) == SYMLINK ? "symbolic link" : "file"));
      }
      if (found != PathTable.ABSENT) {
        break; // its own parents have been checked when it came
      }
      if (++implied > maxPaths) {
        throw new UnsuitableDroplet(
            "entry '%s': the tar has more than the allowed %d directories without an entry"
                .formatted(shown(entry.getName()), maxPaths));
      }
      missing.push(parent);
    }
    var made = new ArrayList<HomeEntry>(missing.size() + 1);
    for (var parent : missing) {
      made.add(remember(entry, LayerHeader.directory(parent), parent, Optional.empty()));
    }
    return made;
  }

  private static String parentOf(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  private static int value(int number, boolean waits, int type) {
    return number << 3 | (waits ? 4 : 0) | type;
  }

  private static int typeOf(int value) {
    return value & 3;
  }

  private static boolean waits(int value) {
    return (value & 4) != 0;
  }

  private static int numberOf(int value) {
    return value >> 3;
  }

  @Override
  public void close() {
    paths.close();
  }

  static String shown(String name) {
    var start = name.length() > 200 ? name.substring(0, 200) + "…" : name;
    return start.replaceAll("\\p{Cntrl}", "?");
  }
}
