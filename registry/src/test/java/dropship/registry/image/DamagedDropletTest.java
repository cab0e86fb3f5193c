package dropship.registry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dropship.registry.image.DropletLayers.Settings;
import dropship.rootfs.layer.Compression;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is wrong with its bytes, a droplet is converted to what its tar means, or unsuitable for
 * a short reason. The seeds are those of every run, and one more of this run alone, which is part
 * of the test's name. With {@code -Dfuzz=10m} each test goes on for that long, from one seed, and
 * tar is to read the layers.
 */
class DamagedDropletTest {
  private static final String FUZZ = System.getProperty("fuzz", "");
  private static final int DROPLETS = 150;

  /** Small droplets take milliseconds, on any machine. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  @TempDir Path scratch;

  static LongStream seeds() {
    return FUZZ.isEmpty()
        ? LongStream.of(1, 2, System.nanoTime())
        : LongStream.of(System.nanoTime());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void damagedAnywhereInItsTar(long seed) throws IOException {
    var random = new Random(seed);
    var damage = new Damage(random);
    convertOrRefuse(random, tar -> Tars.gzip(damage.toTar(tar)));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void damagedAnywhereInItsCompressedBytes(long seed) throws IOException {
    var random = new Random(seed);
    var damage = new Damage(random);
    convertOrRefuse(random, tar -> damage.toGzip(Tars.gzip(tar)));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void damagedAndInMembers(long seed) throws IOException {
    var random = new Random(seed);
    var damage = new Damage(random);
    convertOrRefuse(
        random,
        tar -> {
          var members = damage.inMembers(random.nextBoolean() ? damage.toTar(tar) : tar);
          return random.nextBoolean() ? damage.toGzip(members) : members;
        });
  }

  @Test
  void undamagedItIsConverted() throws Exception {
    var layer = Tars.layerOf(Tars.convert(Tars.gzip(sample()), scratch));
    assertThat(layer)
        .extracting(Tars.Entry::text)
        .contains("\0\0\0data" + "\0".repeat(13), "\0".repeat(5) + "data");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void inMembersWithNamesAndCommentsItIsTheSame(long seed) throws Exception {
    var damage = new Damage(new Random(seed));
    for (int i = 0; i < 20; i++) {
      var whole = Unpacked.droplet(Tars.gzip(sample()));
      assertThat(Unpacked.layers(Tars.convert(damage.inMembers(sample()), scratch)))
          .containsExactlyEntriesOf(whole);
    }
  }

  private void convertOrRefuse(Random random, Function<byte[], byte[]> damage) throws IOException {
    long end = System.nanoTime() + Duration.parse("PT" + (FUZZ.isEmpty() ? "0s" : FUZZ)).toNanos();
    for (int i = 0; i < DROPLETS || System.nanoTime() < end; i++) {
      var tar = random.nextBoolean() ? sample() : new AnyTar(random).tar();
      var droplet = damage.apply(tar);
      boolean split = random.nextBoolean();
      try {
        assertTimeoutPreemptively(LIMIT, () -> convertOrRefuse(droplet, split));
      } catch (Throwable e) {
        var kept = Files.write(Files.createTempFile("damaged", ".droplet"), droplet);
        throw new AssertionError("%d.: %s".formatted(i, kept), e);
      }
    }
  }

  private void convertOrRefuse(byte[] droplet, boolean split)
      throws IOException, InterruptedException {
    try {
      var settings = new Settings(Compression.NONE, split, 4 << 20, 1000);
      var converted = Tars.convert(new ByteArrayInputStream(droplet), scratch, settings);
      assertThat(Unpacked.layers(converted)).containsExactlyEntriesOf(Unpacked.droplet(droplet));
      for (var layer : converted.layers()) {
        if (!FUZZ.isEmpty()) {
          expectReadableByTar(layer.file());
        }
        Files.delete(layer.file());
      }
    } catch (UnsuitableDroplet refused) {
      assertThat(refused.reason())
          .isNotBlank()
          .hasSizeLessThan(1000)
          .doesNotContainPattern("\\p{Cntrl}");
    }
    assertThat(scratch).isEmptyDirectory();
  }

  private static void expectReadableByTar(Path layer) throws IOException, InterruptedException {
    var tar =
        new ProcessBuilder("tar", "--list", "--file", layer.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(tar.waitFor()).isZero();
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
}
