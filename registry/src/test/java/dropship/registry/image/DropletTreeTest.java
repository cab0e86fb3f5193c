package dropship.registry.image;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.registry.image.DropletLayers.Settings;
import dropship.rootfs.layer.Compression;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An app finds in its layers what it would have found in its droplet. The seeds are those of every
 * run, and one more of this run alone, which is part of the test's name.
 */
@Timeout(60)
class DropletTreeTest {
  private static final int DROPLETS = 60;

  @TempDir Path scratch;

  static LongStream seeds() {
    return LongStream.of(1, 2, System.nanoTime());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theOneLayerOfAnyDropletHoldsItsTree(long seed) throws Exception {
    expectTrees(seed, false);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theLayersOfAnyDropletHoldItsTree(long seed) throws Exception {
    expectTrees(seed, true);
  }

  private void expectTrees(long seed, boolean split) throws Exception {
    var settings = new Settings(Compression.NONE, split, 1 << 30, 10_000);
    var random = new Random(seed);
    for (int i = 0; i < DROPLETS; i++) {
      var droplet = new AnyTar(random).droplet();
      var converted = Tars.convert(new ByteArrayInputStream(droplet), scratch, settings);
      assertThat(Unpacked.layers(converted))
          .as("droplet %d", i)
          .containsExactlyEntriesOf(Unpacked.droplet(droplet));
      for (var layer : converted.layers()) {
        Files.delete(layer.file());
      }
    }
  }
}
