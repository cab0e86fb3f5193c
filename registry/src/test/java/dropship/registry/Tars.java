package dropship.registry;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import dropship.blobstore.content.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Small tars, and droplets and root file systems made of them. */
final class Tars {
  private static final byte[] ELF_ARM64 = new byte[64];

  static {
    var header = new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1};
    System.arraycopy(header, 0, ELF_ARM64, 0, header.length);
    ELF_ARM64[18] = (byte) 0xb7;
  }

  private Tars() {}

  /** A file, or a directory if its name ends in a slash. */
  record Entry(String name, byte[] content) {}

  static Entry entry(String name, String content) {
    return new Entry(name, content.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] tar(Entry... entries) {
    var bytes = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
      for (var each : entries) {
        var header = new TarArchiveEntry(each.name, true);
        header.setSize(each.content.length);
        header.setModTime(1_700_000_000_000L);
        tar.putArchiveEntry(header);
        tar.write(each.content);
        tar.closeArchiveEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** A droplet whose page says {@code text}. */
  static byte[] droplet(String text) {
    return droplet(entry("./app/index.html", text));
  }

  static byte[] droplet(Entry file) {
    return gzip(
        tar(
            entry("./app/", ""),
            file,
            entry(
                "./staging_info.yml",
                "{\"detected_buildpack\":\"static\",\"start_command\":\"./start\"}")));
  }

  /** A droplet with {@code size} bytes that do not compress. */
  static byte[] bulkyDroplet(int size) {
    return droplet(new Entry("./app/bulk", noise(size)));
  }

  /** A root file system for arm64, with {@code text} in it. */
  static byte[] rootfs(String text) {
    return tar(
        entry("bin/", ""),
        new Entry("bin/sh", ELF_ARM64),
        entry("etc/", ""),
        entry("etc/os-release", text));
  }

  /** Bytes that do not compress, the same each time. */
  static byte[] noise(int size) {
    var bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  static byte[] gzip(byte[] bytes) {
    return through(bytes, GZIPOutputStream::new);
  }

  static byte[] zstd(byte[] bytes) {
    return through(bytes, ZstdOutputStream::new);
  }

  static byte[] gunzip(byte[] bytes) throws IOException {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return in.readAllBytes();
    }
  }

  static byte[] unzstd(byte[] bytes) throws IOException {
    try (var in = new ZstdInputStream(new ByteArrayInputStream(bytes))) {
      return in.readAllBytes();
    }
  }

  static String digest(byte[] bytes) {
    return Digest.of(bytes).value();
  }

  private interface Filter {
    OutputStream over(OutputStream to) throws IOException;
  }

  private static byte[] through(byte[] bytes, Filter filter) {
    var result = new ByteArrayOutputStream();
    try (var out = filter.over(result)) {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return result.toByteArray();
  }
}
