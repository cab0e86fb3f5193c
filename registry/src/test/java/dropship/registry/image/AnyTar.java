package dropship.registry.image;

import static dropship.registry.image.FileTree.parentOf;
import static dropship.registry.image.Tars.DIRECTORY;
import static dropship.registry.image.Tars.FILE;
import static dropship.registry.image.Tars.LINK;
import static dropship.registry.image.Tars.SYMLINK;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * A random droplet that an image can be made of, however odd: directories before, after and without
 * what is in them, names twice, hard links from any part to any other.
 */
final class AnyTar {
  /** Where buildpacks put things, and where they nearly do. */
  private static final List<String> PLACES =
      List.of(
          "",
          "app/",
          "app/node_modules/",
          "app/node_modules/left-pad/",
          "app/lib/node_modules/",
          "app/BOOT-INF/lib/",
          "app/BOOT-INF/classes/",
          "app/.java-buildpack/open_jdk_jre/",
          "app/.java-buildpack/open_jdk_jre/bin/",
          "app/.java-buildpack/tomcat/",
          "app/vendor/",
          "app/vendor/bundle/ruby/",
          "deps/",
          "deps/0/",
          "deps/0/bin/",
          "deps/0/python/bin/",
          "deps/0/python/lib/python3.11/site-packages/",
          "deps/0/vendor_bundle/ruby/3.3.0/",
          "deps/1/node/",
          "profile.d/");

  private static final List<String> NAMES =
      List.of(
          "a",
          "b",
          "m.py",
          "m.pyc",
          "__pycache__",
          "x.jar",
          "with space",
          "Ω",
          "日本語",
          "-x",
          "q?",
          "x".repeat(120),
          ".profile");

  private static final int ENOUGH_FOR_A_LAYER = 80_000;
  private static final int LARGE = (1 << 20) + 17;

  private final Random random;
  private final List<Entry> entries = new ArrayList<>();
  private final Map<String, Byte> types = new HashMap<>();
  private final Set<String> linkedTo = new HashSet<>();

  /** An entry as it will be written, but for how its names are. */
  private record Entry(String name, byte type, String target, int mode, byte[] content) {
    boolean mustFollow(Entry earlier) {
      return earlier.name.equals(name) || type == LINK && earlier.name.equals(target);
    }
  }

  AnyTar(Random random) {
    this.random = random;
    int count = 1 + random.nextInt(60);
    for (int i = 0; i < count; i++) {
      add();
    }
  }

  private void add() {
    var name = anyName();
    if (name.isEmpty() || isBelowNoDirectory(name)) {
      return;
    }
    byte type = anyType();
    if (types.containsKey(name)
        && (linkedTo.contains(name) || (types.get(name) == DIRECTORY) != (type == DIRECTORY))) {
      return; // it cannot be replaced by that
    }
    var target = random.nextBoolean() ? "/anywhere/../else" : "x".repeat(random.nextInt(200) + 1);
    if (type == LINK) {
      var files = filesBut(name);
      if (files.isEmpty()) {
        return;
      }
      target = files.get(random.nextInt(files.size()));
      linkedTo.add(target);
    }
    types.put(name, type);
    for (var above = parentOf(name); !above.isEmpty(); above = parentOf(above)) {
      types.put(above, DIRECTORY);
    }
    entries.add(new Entry(name, type, target, random.nextInt(010000), content(type)));
  }

  /** One of {@link #PLACES}, or something in it, or what an earlier entry has. */
  private String anyName() {
    if (!entries.isEmpty() && random.nextInt(10) == 0) {
      return entries.get(random.nextInt(entries.size())).name;
    }
    var place = PLACES.get(random.nextInt(PLACES.size()));
    return switch (random.nextInt(4)) {
      case 0 -> place.replaceFirst("/$", "");
      case 1 -> place + anyOf(NAMES) + "/" + anyOf(NAMES);
      default -> place + anyOf(NAMES);
    };
  }

  private byte anyType() {
    return anyOf(List.of(FILE, FILE, FILE, DIRECTORY, DIRECTORY, SYMLINK, LINK, LINK));
  }

  private boolean isBelowNoDirectory(String name) {
    for (var above = parentOf(name); !above.isEmpty(); above = parentOf(above)) {
      if (types.getOrDefault(above, DIRECTORY) != DIRECTORY) {
        return true;
      }
    }
    return false;
  }

  private List<String> filesBut(String name) {
    return types.keySet().stream()
        .filter(each -> types.get(each) == FILE || types.get(each) == LINK)
        .filter(each -> !each.equals(name))
        .sorted()
        .toList();
  }

  private byte[] content(byte type) {
    if (type != FILE) {
      return new byte[0];
    }
    int most = anyOf(List.of(1500, 1500, 1500, ENOUGH_FOR_A_LAYER));
    var content = new byte[random.nextInt(100) == 0 ? LARGE : random.nextInt(most)];
    random.nextBytes(content);
    return content;
  }

  private <T> T anyOf(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  /** A droplet of these entries; each time its headers differ in what is not to matter. */
  byte[] droplet() {
    return Tars.gzip(tar());
  }

  /** The same, not compressed. */
  byte[] tar() {
    var tar = new Tars();
    if (random.nextBoolean()) {
      tar.longNamesInGnuStyle();
    }
    if (random.nextBoolean()) {
      tar.directory("./");
    }
    for (var each : entries) {
      tar.add(header(each), each.content);
    }
    return tar.tar();
  }

  /** The same tree from entries in another order. */
  AnyTar shuffled() {
    var left = new ArrayList<>(entries);
    entries.clear();
    while (!left.isEmpty()) {
      var next = left.get(random.nextInt(left.size()));
      if (left.subList(0, left.indexOf(next)).stream().noneMatch(next::mustFollow)) {
        left.remove(next);
        entries.add(next);
      }
    }
    return this;
  }

  private TarArchiveEntry header(Entry entry) {
    var prefix = anyOf(List.of("", "./", "/"));
    var header =
        Tars.linkEntry(
            prefix + entry.name + (entry.type == DIRECTORY ? "/" : ""),
            entry.type,
            entry.type == LINK ? prefix + entry.target : entry.target);
    header.setMode(entry.mode);
    header.setModTime(random.nextInt(Integer.MAX_VALUE) * 1000L);
    return header;
  }
}
