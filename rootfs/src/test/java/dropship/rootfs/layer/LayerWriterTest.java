package dropship.rootfs.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
        .isEqualTo("sha256:7b100e978013254d0c0c52ad13b14836ace0f210242891ecf940feec4445cad0");
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
  void scratchThatCannotBeWrittenFailsTheWriterSoonerOrLater() throws IOException {
    var nowhere = directory.resolve("missing/layer");
    try (var layer = new LayerWriter(Compression.ZSTD, nowhere, THREADS)) {
      assertThatThrownBy(() -> layer.write(new byte[10_000_000])).isInstanceOf(IOException.class);
    }
    try (var layer = new LayerWriter(Compression.ZSTD, nowhere, THREADS)) {
      assertThatThrownBy(
              () -> {
                layer.write(1);
                layer.finish();
              })
          .isInstanceOf(IOException.class);
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
