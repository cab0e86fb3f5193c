package dropship.rootfs.layer;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import com.github.luben.zstd.util.ZstdVersion;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.Executor;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * How a layer's tar is compressed. The same tar gives the same bytes each time, however it is cut
 * into writes; {@link #codec} names all that the bytes depend on besides.
 */
public enum Compression {
  @JsonProperty("zstd")
  ZSTD(
      "application/vnd.oci.image.layer.v1.tar+zstd",
      "zstd level 2, library " + ZstdVersion.VERSION) {
    @Override
    public OutputStream compress(OutputStream to, Executor executor) throws IOException {
      // No worker threads: with them the bytes are others.
      return new ZstdOutputStreamNoFinalizer(to, 2);
    }

    @Override
    public InputStream decompress(InputStream from) throws IOException {
      return new ZstdInputStreamNoFinalizer(from);
    }
  },

  @JsonProperty("gzip")
  GZIP(
      "application/vnd.oci.image.layer.v1.tar+gzip",
      "gzip level %d, members of %d KiB, stored if even beyond %d, zlib of the Java runtime"
          .formatted(GzipMembers.LEVEL, GzipMembers.PIECE / 1024, GzipMembers.EVEN)) {
    @Override
    public OutputStream compress(OutputStream to, Executor executor) {
      return new GzipMembers(to, executor);
    }

    @Override
    public InputStream decompress(InputStream from) throws IOException {
      // Unlike the JDK's, this one fails on bytes behind the last member. It steps back in what it
      // reads if it can, which must not be what others hash on the way.
      return GzipCompressorInputStream.builder()
          .setInputStream(new BufferedInputStream(from, BUFFER))
          .setDecompressConcatenated(true)
          .setBufferSize(BUFFER)
          .get();
    }
  },

  @JsonProperty("none")
  NONE("application/vnd.oci.image.layer.v1.tar", "none") {
    @Override
    public OutputStream compress(OutputStream to, Executor executor) {
      return to;
    }

    @Override
    public InputStream decompress(InputStream from) {
      return from;
    }
  };

  private static final int BUFFER = 64 * 1024;

  /** How many bytes {@link #of} wants to see. */
  public static final int MAGIC = 4;

  private final String mediaType;
  private final String codec;

  Compression(String mediaType, String codec) {
    this.mediaType = mediaType;
    this.codec = codec;
  }

  /**
   * A stream that compresses what is written and passes it on to {@code to}; closing it closes
   * that.
   *
   * @param executor may do part of the work on threads of its own
   */
  public abstract OutputStream compress(OutputStream to, Executor executor) throws IOException;

  /**
   * The uncompressed bytes; fails where {@code from} breaks off or is followed by something else.
   */
  public abstract InputStream decompress(InputStream from) throws IOException;

  /** The media type of such a layer (OCI image-spec, "Layer media types"). */
  public String mediaType() {
    return mediaType;
  }

  /** Library, version and level: what would have to change for the same tar to give other bytes. */
  public String codec() {
    return codec;
  }

  /** The compression that {@code start}, the first bytes of a file, shows. */
  public static Compression of(byte[] start) {
    if (start.length >= 2 && start[0] == 0x1f && start[1] == (byte) 0x8b) {
      return GZIP;
    }
    boolean frame = startsWith(start, 0xfd2fb528);
    boolean skippable = start.length >= MAGIC && (littleEndian(start) & 0xfffffff0) == 0x184d2a50;
    return frame || skippable ? ZSTD : NONE;
  }

  private static boolean startsWith(byte[] start, int magic) {
    return start.length >= MAGIC && littleEndian(start) == magic;
  }

  private static int littleEndian(byte[] start) {
    return ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getInt();
  }
}
