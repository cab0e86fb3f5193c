package dropship.registry.image;

import dropship.registry.image.DropletLayer.Kind;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Writes what has waited in the {@link Spool}, so that the same content gives the same layer
 * whenever and wherever it was staged: in the order of paths, and as of one moment.
 *
 * <p>The moment is {@link #MODIFIED}, but for the sources of compiled Python files: those say of
 * which time their source must be, else Python compiles it again at each start.
 */
final class SharedLayers {
  /** 1980-01-01T00:00:01Z, the first moment but one that zip files, too, can say. */
  private static final long MODIFIED = 315_532_801;

  /** How many compiled files of one source are looked at: one for each version and level. */
  private static final int MOST_COMPILED = 64;

  private final Spool spool;
  private final SpooledEntries entries;

  SharedLayers(Spool spool, SpooledEntries entries) {
    this.spool = spool;
    this.entries = entries;
  }

  /** Adds to {@code tar} what is in the layer {@code kind}; whether there is anything. */
  boolean write(Kind kind, LayerTar tar) throws IOException {
    var around = new ArrayDeque<String>();
    boolean any = false;
    try (var contents = spool.contents()) {
      for (int i = 0; i < entries.size(); i++) {
        if (entries.kind(i) == kind) {
          var entry = entries.get(i);
          addDirectories(kind, entry.path(), around, tar);
          add(i, entry, contents, tar);
          if (entry.isDirectory()) {
            around.push(entry.path());
          }
          any = true;
        }
      }
    }
    return any;
  }

  /**
   * Adds the directories around {@code path} that are in other layers. A layer is sometimes
   * unpacked by itself, and what it says of a directory stands if it is above the one that the
   * directory is in; so it says what that says. Below it need not.
   */
  private void addDirectories(Kind kind, String path, Deque<String> around, LayerTar tar)
      throws IOException {
    while (!around.isEmpty() && !path.startsWith(around.peek() + "/")) {
      around.pop();
    }
    int known = around.isEmpty() ? HomeEntries.HOME.length() : around.peek().length();
    for (int end = path.indexOf('/', known + 1); end > 0; end = path.indexOf('/', end + 1)) {
      var directory = path.substring(0, end);
      int position = entries.find(directory);
      if (position >= 0 && entries.kind(position).compareTo(kind) < 0) {
        tar.add(entries.get(position).header(directory, MODIFIED));
      } else if (kind != Kind.app) {
        tar.add(LayerHeader.directory(directory));
      } // else it has been written, for what is not here is in the app's layer
      around.push(directory);
    }
  }

  private void add(int position, SpooledEntry entry, FileChannel contents, LayerTar tar)
      throws IOException {
    var path = entry.path();
    var file = entries.isItsOwnFile(position) ? entry : entries.file(position);
    if (file.isHardLink() || !entries.isFirstName(position)) {
      var target =
          file.isHardLink() ? file.link() : entries.get(entries.firstName(position)).path();
      var header = new LayerHeader(path, TarConstants.LF_LINK);
      header.setMode(file.mode());
      header.setModTime(MODIFIED * 1000);
      header.setLinkName(target);
      tar.add(header);
      return;
    }
    var header = file.header(path, isSource(path, file) ? file.modified() : MODIFIED);
    if (!file.isFile()) {
      tar.add(header);
    } else if (spool.isLarge(file)) {
      tar.add(header, spool.frame(file));
    } else {
      tar.add(header, spool.content(contents, file));
    }
  }

  /** Whether a compiled Python file insists on the time of this one. */
  private boolean isSource(String path, SpooledEntry file) {
    if (!path.endsWith(".py")) {
      return false;
    }
    int slash = path.lastIndexOf('/') + 1;
    var stem = path.substring(slash, path.length() - "py".length());
    var cached = path.substring(0, slash) + "__pycache__/" + stem;
    int from = entries.from(cached);
    for (int i = from; i < Math.min(from + MOST_COMPILED, entries.size()); i++) {
      var candidate = entries.get(i);
      if (!candidate.path().startsWith(cached)) {
        break;
      }
      if (isOfTime(candidate, file)) {
        return true;
      }
    }
    int beside = entries.find(path + "c");
    return beside >= 0 && isOfTime(entries.get(beside), file);
  }

  /** The time has 32 bits there. */
  private static boolean isOfTime(SpooledEntry compiled, SpooledEntry source) {
    return compiled.sourceTime() == (source.modified() & 0xffff_ffffL);
  }
}
