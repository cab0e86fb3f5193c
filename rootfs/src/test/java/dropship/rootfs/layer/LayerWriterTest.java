package dropship.rootfs.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dropship.blobstore.content.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class LayerWriterTest {
  private static final Executor THREADS = Thread::startVirtualThread;

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void chooseFile() {
    file = directory.resolve("layer");
  }

  @ParameterizedTest
  @EnumSource
  void whatGoesInComesOutAndBothDigestsAreTrue(Compression compression) throws IOException {
    for (int size : new int[] {0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 3_000_000}) {
      var tar = halfNoise(size);
      var target = directory.resolve("layer-" + size);
      var layer = write(compression, tar, target, 10_000);
      var bytes = Files.readAllBytes(target);
      assertThat(layer)
          .isEqualTo(
              new Layer(
                  compression,
                  Digest.of(bytes),
                  bytes.length,
                  new DiffId(Digest.of(tar)),
                  tar.length));
      try (var from = compression.decompress(Files.newInputStream(target))) {
        assertThat(from.readAllBytes()).isEqualTo(tar);
      }
    }
  }

  /**
   * Another digest means that another release of the library compresses to other bytes. Then the
   * same droplet gives one layer before an upgrade and another one after; see {@code
   * Compression.codec}.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 7_777, 256 * 1024, 1_000_000})
  void zstdGivesTheBytesItHasAlwaysGivenHoweverTheTarIsCut(int part) throws IOException {
    assertThat(write(Compression.ZSTD, halfNoise(1_000_000), file, part).digest().value())
        .isEqualTo("sha256:1cef75e4c16a3f0768caca265584f59c62da3978cbc3cfbf7cd15dbc8c4217cd");
  }

  @Test
  void gzipStoresWhatIsCompressedAlready() throws IOException {
    var noise = new byte[1 << 20];
    new Random(1).nextBytes(noise);

    long stored = write(Compression.GZIP, noise, file, 10_000).size();
    long deflated =
        write(Compression.GZIP, halfNoise(1 << 20), directory.resolve("b"), 10_000).size();

    assertThat(stored).isBetween(1L << 20, (1L << 20) + 4 * 64);
    assertThat(deflated).isLessThan((1 << 20) * 3 / 4);
  }

  @Test
  void writingByteByByteIsWritingAll() throws IOException {
    try (var layer = new LayerWriter(Compression.NONE, file, THREADS)) {
      layer.write('a');
      layer.write(0x100 + 'b');
      layer.write(new byte[] {'x', 'c', 'x'}, 1, 1);
      assertThat(layer.finish().size()).isEqualTo(3);
    }
    assertThat(file).hasContent("abc");
  }

  @Test
  void aLayerThatIsGivenUpLeavesNoFile() throws IOException {
    try (var layer = new LayerWriter(Compression.ZSTD, file, THREADS)) {
      layer.write(halfNoise(2_000_000));
    }
    assertThat(file).doesNotExist();
  }

  @Test
  void scratchThatIsFullFailsTheWriterSoonerOrLater() throws IOException {
    var full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "there is no /dev/full here");
    Files.createSymbolicLink(file, full);
    try (var relay = new Relay(THREADS, Files.newOutputStream(file))) {
      assertThatThrownBy(() -> relay.write(new byte[10_000_000])).isInstanceOf(IOException.class);
      assertThatThrownBy(relay::close).isInstanceOf(IOException.class);
    } catch (IOException saidAgain) {
      assertThat(saidAgain).hasMessageContaining("space");
    }
  }

  @ParameterizedTest
  @EnumSource
  void framesStandInALayerAsIfTheyHadBeenWrittenThere(Compression compression) throws IOException {
    var large = halfNoise(2_000_000);
    var other = halfNoise(700_000);
    try (var frames = new Frames(compression, directory.resolve("frames"), THREADS);
        var layer = new LayerWriter(compression, file, THREADS)) {
      frames.write(other);
      frames.endFrame();
      frames.write(large);
      int number = frames.endFrame();
      frames.close();
      layer.write(new byte[1000]);
      layer.append(frames.get(number), () -> layer.write(large));
      layer.append(frames.get(0), () -> layer.write(other));
      layer.write(new byte[512]);
      var made = layer.finish();
      var tar = new byte[1000 + large.length + other.length + 512];
      System.arraycopy(large, 0, tar, 1000, large.length);
      System.arraycopy(other, 0, tar, 1000 + large.length, other.length);
      assertThat(made.diffId()).isEqualTo(new DiffId(Digest.of(tar)));
      assertThat(made.digest()).isEqualTo(Digest.of(Files.readAllBytes(file)));
      try (var from = compression.decompress(Files.newInputStream(file))) {
        assertThat(from.readAllBytes()).isEqualTo(tar);
      }
    }
  }

  @Test
  void aLayerThatFailsToFinishLeavesNoFile() throws IOException {
    Executor interrupted =
        task ->
            Thread.startVirtualThread(() -> {
              Thread.currentThread().interrupt();
              task.run();
            });
    try (var layer = new LayerWriter(Compression.NONE, file, interrupted)) {
      assertThatThrownBy(
              () -> {
                layer.write(new byte[500_000]);
                layer.finish();
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("interrupted");
    }
    assertThat(file).doesNotExist();
  }

  private static Layer write(Compression compression, byte[] tar, Path file, int part)
      throws IOException {
    try (var layer = new LayerWriter(compression, file, THREADS)) {
      for (int offset = 0; offset < tar.length; offset += part) {
        layer.write(tar, offset, Math.min(part, tar.length - offset));
      }
      return layer.finish();
    }
  }

  /** Neither trivial to compress nor impossible, and the same each time. */
  private static byte[] halfNoise(int size) {
    var bytes = new byte[size];
    var random = new Random(42);
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (random.nextInt(16) + (i % 1000 < 500 ? 0 : 'a'));
    }
    return bytes;
  }
}
