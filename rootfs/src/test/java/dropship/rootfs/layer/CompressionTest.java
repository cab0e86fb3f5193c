package dropship.rootfs.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CompressionTest {
  private static final byte[] CONTENT = "content ".repeat(10_000).getBytes();

  @ParameterizedTest
  @CsvSource({
    "1f8b0800, GZIP",
    "1f8b,     GZIP",
    "1f8c0800, NONE",
    "28b52ffd, ZSTD",
    "28b52f,   NONE",
    "28b52ffe, NONE",
    "502a4d18, ZSTD", // a skippable frame, of 16 kinds
    "5f2a4d18, ZSTD",
    "602a4d18, NONE",
    "fd377a58, NONE", // xz
    "2e2f0000, NONE", // the name in a tar
    "'',       NONE",
  })
  void theFirstBytesTellTheCompression(String start, Compression expected) {
    assertThat(Compression.of(HexFormat.of().parseHex(start))).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsCompressedShowsIt(Compression compression) throws IOException {
    assertThat(Compression.of(Arrays.copyOf(compress(compression, CONTENT), Compression.MAGIC)))
        .isEqualTo(compression);
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void streamsBehindEachOtherAreOne(Compression compression) throws IOException {
    var once = compress(compression, CONTENT);
    assertThat(decompress(compression, join(once, once))).isEqualTo(join(CONTENT, CONTENT));
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void aStreamThatBreaksOffOrIsFollowedBySomethingElseFails(Compression compression)
      throws IOException {
    var whole = compress(compression, CONTENT);
    for (var broken :
        new byte[][] {
          Arrays.copyOf(whole, whole.length - 1),
          Arrays.copyOf(whole, whole.length / 2),
          join(whole, "something else".getBytes()),
        }) {
      assertThatThrownBy(() -> decompress(compression, broken)).isInstanceOf(IOException.class);
    }
  }

  private static byte[] compress(Compression compression, byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var into = compression.compress(bytes, Thread::startVirtualThread)) {
      into.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] decompress(Compression compression, byte[] bytes) throws IOException {
    try (var from = compression.decompress(new ByteArrayInputStream(bytes))) {
      return from.readAllBytes();
    }
  }

  private static byte[] join(byte[] first, byte[] second) {
    var both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
