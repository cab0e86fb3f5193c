package dropship.registry.image;

import static dropship.registry.image.Tars.DIRECTORY;
import static dropship.registry.image.Tars.FILE;
import static dropship.registry.image.Tars.LINK;
import static dropship.registry.image.Tars.SYMLINK;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.registry.image.DropletLayers.Settings;
import dropship.rootfs.layer.Compression;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What holds for every droplet. The seeds are those of every run, and one more of this run alone:
 * it is part of the test's name, so whatever it finds can be found again.
 */
@Timeout(60)
class AnyDropletTest {
  private static final int DROPLETS = 40;
  private static final List<String> WORDS =
      List.of("a", "b", "app", "Ω", "日本語", "-x", "with space", "q?", "x".repeat(90), ".profile");

  @TempDir Path scratch;

  static LongStream seeds() {
    return LongStream.of(1, 2, System.nanoTime());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void itsTreeArrivesAsItIs(long seed) throws Exception {
    var random = new Random(seed);
    for (int i = 0; i < DROPLETS; i++) {
      var tree = new Tree(random);
      var converted =
          Tars.convert(
              new ByteArrayInputStream(tree.droplet.gzipped()),
              scratch,
              new Settings(Compression.NONE, false, 1 << 30, 1 << 20));
      var arrived = new LinkedHashMap<String, String>();
      for (var entry : Tars.layerOf(converted)) {
        arrived.put(entry.name(), shown(entry.header(), entry.content()));
      }
      // Directories without entries of their own have them in a layer.
      arrived.keySet().removeIf(name -> name.endsWith("/") && !tree.expected.containsKey(name));
      assertThat(arrived).containsExactlyEntriesOf(tree.expected);
      assertThat(converted.leftOut()).isEmpty();
    }
  }

  private static String shown(TarArchiveEntry header, byte[] content) {
    return "%c %o %d '%s' %s"
        .formatted(
            header.getLinkFlag(),
            header.getMode(),
            header.getLastModifiedTime().toMillis(),
            header.getLinkName(),
            HexFormat.of().formatHex(content));
  }

  /** A random tree, as a droplet and as what is expected of its layer. */
  private static final class Tree {
    final Tars droplet = new Tars();
    final Map<String, String> expected = new LinkedHashMap<>();
    private final Random random;
    private final List<String> files = new ArrayList<>();

    Tree(Random random) {
      this.random = random;
      if (random.nextBoolean()) {
        droplet.longNamesInGnuStyle();
      }
      fill("", 4);
    }

    private void fill(String directory, int depth) {
      for (var word : WORDS) {
        var name = directory + word;
        switch (random.nextInt(7)) {
          case 0 -> add(name, FILE, "");
          case 1 -> add(name, SYMLINK, random.nextBoolean() ? "/anywhere/../" + name : "x");
          case 2 -> {
            if (!files.isEmpty()) {
              add(name, LINK, files.get(random.nextInt(files.size())));
            }
          }
          case 3 -> {
            if (random.nextInt(4) > 0) { // else it is but implied
              add(name, DIRECTORY, "");
            }
            if (depth > 0) {
              fill(name + "/", depth - 1);
            }
          }
          default -> {}
        }
      }
    }

    private void add(String name, byte type, String target) {
      var prefix = List.of("", "./", "/").get(random.nextInt(3));
      var entry =
          Tars.linkEntry(
              prefix + name + (type == DIRECTORY ? "/" : ""),
              type,
              type == LINK ? prefix + target : target);
      entry.setMode(random.nextInt(01000));
      entry.setModTime(random.nextInt(Integer.MAX_VALUE) * 1000L);
      var content = new byte[type == FILE ? random.nextInt(1500) : 0];
      random.nextBytes(content);
      droplet.add(entry, content);
      if (type == FILE) {
        files.add(name);
      }
      if (type == LINK) {
        entry.setLinkName("home/vcap/" + target);
      }
      expected.put("home/vcap/" + name + (type == DIRECTORY ? "/" : ""), shown(entry, content));
    }
  }
}
