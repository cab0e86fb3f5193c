package dropship.rootfs.layer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.io.input.BoundedInputStream;

/**
 * A part of a layer that has been compressed by itself: a frame of zstd, some members of gzip. Such
 * parts can be strung together in any order, and what comes of decompressing them is strung
 * together likewise (RFC 8878 section 3, RFC 1952 section 2.2).
 *
 * @param file where it is, with others
 * @param offset of its first byte there
 * @param length in bytes, compressed
 */
public record Frame(Compression compression, Path file, long offset, long length) {
  private static final int BUFFER = 64 * 1024;

  /** What has been compressed. */
  public InputStream content() throws IOException {
    return compression.decompress(compressed());
  }

  void copyTo(OutputStream into) throws IOException {
    try (var from = compressed()) {
      var buffer = new byte[BUFFER];
      for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
        into.write(buffer, 0, read);
      }
    }
  }

  private InputStream compressed() throws IOException {
    var channel = Files.newByteChannel(file).position(offset);
    return BoundedInputStream.builder()
        .setInputStream(Channels.newInputStream(channel))
        .setMaxCount(length)
        .get();
  }
}
