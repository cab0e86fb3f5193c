package dropship.registry.image;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.registry.image.DropletLayer.Kind;
import dropship.registry.image.DropletLayers.Settings;
import dropship.rootfs.layer.Compression;
import dropship.rootfs.layer.Layer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An app that is staged again has the same runtime and libraries, so nobody pulls them again. */
@Timeout(60)
class RestagedDropletTest {
  private static final int DROPLETS = 60;

  @TempDir Path scratch;

  static LongStream seeds() {
    return LongStream.of(1, 2, System.nanoTime());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void neitherTimesNorTheOrderOfEntriesChangeItsSharedLayers(long seed) throws Exception {
    var random = new Random(seed);
    for (int i = 0; i < DROPLETS; i++) {
      var tar = new AnyTar(random);
      var shared = sharedLayers(tar.droplet());
      assertThat(sharedLayers(tar.shuffled().droplet())).as("droplet %d", i).isEqualTo(shared);
    }
  }

  private List<Layer> sharedLayers(byte[] droplet) throws IOException, UnsuitableDroplet {
    var settings = new Settings(Compression.NONE, true, 1 << 30, 10_000);
    var shared = new ArrayList<Layer>();
    for (var each : Tars.convert(new ByteArrayInputStream(droplet), scratch, settings).layers()) {
      if (each.layer().kind() != Kind.app) {
        shared.add(each.layer().layer());
      }
      Files.delete(each.file());
    }
    return shared;
  }
}
