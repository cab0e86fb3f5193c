package dropship.registry.image;

import static dropship.registry.image.Tars.DIRECTORY;
import static dropship.registry.image.Tars.FILE;
import static dropship.registry.image.Tars.LINK;
import static dropship.registry.image.Tars.SYMLINK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dropship.registry.image.DropletLayers.Settings;
import dropship.rootfs.layer.Compression;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.junit.jupiter.api.Test;
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
  private static final int MUTANTS = 500;
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

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void damagedAnywhereInItsTarItIsConvertedOrUnsuitable(long seed) throws IOException {
    var random = new Random(seed);
    var tar = sample();
    for (int i = 0; i < MUTANTS; i++) {
      convertOrRefuse(Tars.gzip(mutated(tar, random)));
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void damagedAnywhereInItsCompressedBytesItIsConvertedOrUnsuitable(long seed) throws IOException {
    var random = new Random(seed);
    var droplet = Tars.gzip(sample());
    for (int i = 0; i < MUTANTS; i++) {
      convertOrRefuse(mutated(droplet, random));
    }
  }

  @Test
  void undamagedItIsConverted() throws Exception {
    var layer = Tars.layerOf(Tars.convert(Tars.gzip(sample()), scratch));
    assertThat(layer)
        .extracting(Tars.Entry::text)
        .contains("\0\0\0data" + "\0".repeat(13), "\0".repeat(5) + "data");
  }

  private void convertOrRefuse(byte[] droplet) throws IOException {
    try {
      var converted = Tars.convert(new ByteArrayInputStream(droplet), scratch, Tars.uncompressed());
      Tars.layerOf(converted); // can be read
      Files.delete(converted.layers().getFirst().file());
    } catch (UnsuitableDroplet e) {
      assertThat(e.reason()).isNotBlank();
    } catch (Throwable e) {
      fail("of the droplet " + HexFormat.of().formatHex(droplet), e);
    }
    assertThat(scratch).isEmptyDirectory();
  }

  /** One of everything that makes a reader of tars think. */
  private static byte[] sample() {
    return Tars.droplet()
        .file("app/x", "content")
        .file("app/" + "long/".repeat(30) + "ü", "more")
        .longNamesInGnuStyle()
        .file("app/" + "long/".repeat(30) + "y", "y")
        .link("app/hard", "app/x")
        .symlink("app/soft", "x".repeat(120))
        .pax("mtime=17.5", "SCHILY.xattr.user.x=y")
        .file("app/z", "z")
        .pax("GNU.sparse.size=20", "GNU.sparse.numblocks=1", "GNU.sparse.map=3,4,20,0")
        .file("app/sparse", "data")
        .pax(
            "GNU.sparse.major=1",
            "GNU.sparse.minor=0",
            "GNU.sparse.name=s",
            "GNU.sparse.realsize=9")
        .file("app/s", "1\n5\n4\n" + "\0".repeat(506) + "data")
        .file("staging_info.yml", "{\"start_command\":\"run\"}")
        .file("app/x2", "earlier")
        .file("app/x2", "later")
        .tar();
  }

  private static byte[] mutated(byte[] bytes, Random random) {
    var mutant = bytes.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(mutant.length);
      while (bytes[at] == 0 && random.nextInt(50) > 0) {
        at = random.nextInt(mutant.length); // most of a tar is padding
      }
      switch (random.nextInt(5)) {
        case 0 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> mutant[at] = (byte) random.nextInt();
        case 2 -> mutant[at] = (byte) ('0' + random.nextInt(10));
        case 3 -> mutant[at] = (byte) "01257xgLKSDV".charAt(random.nextInt(12));
        default -> {
          int length = Math.min(random.nextInt(600), mutant.length - at);
          System.arraycopy(bytes, random.nextInt(bytes.length - length + 1), mutant, at, length);
        }
      }
    }
    if (mutant.length > 5000) {
      correctChecksums(mutant);
    }
    return mutant;
  }

  /** So that the damage gets further than to the checksum. */
  private static void correctChecksums(byte[] tar) {
    for (int header = 0; header + 512 <= tar.length; header += 512) {
      boolean isHeader = tar[header + 257] == 'u' && tar[header + 258] == 's';
      if (isHeader) {
        int sum = 8 * ' ';
        for (int i = 0; i < 512; i++) {
          sum += i >= 148 && i < 156 ? 0 : tar[header + i] & 0xff;
        }
        var octal = "%06o\0 ".formatted(sum);
        for (int i = 0; i < 8; i++) {
          tar[header + 148 + i] = (byte) octal.charAt(i);
        }
      }
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
