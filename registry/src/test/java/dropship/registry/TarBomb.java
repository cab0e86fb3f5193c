package dropship.registry;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipEncodingHelper;

/** Droplets of a few megabytes that hold far more than that. */
final class TarBomb {
  private static final int BLOCK = 64 << 20;

  private TarBomb() {}

  interface Writing {
    void to(OutputStream gzip) throws IOException;
  }

  static Path write(Path file, Writing bomb) throws IOException {
    try (var out = new BufferedOutputStream(Files.newOutputStream(file))) {
      bomb.to(out);
    }
    return file;
  }

  /** A file of ten gigabytes: a member with its header, and one after the other with zeros. */
  static void zeros(OutputStream droplet) throws IOException {
    var entry = new TarArchiveEntry("app/zeros");
    entry.setSize(10L << 30);
    droplet.write(Tars.gzip(header(entry)));
    var zeros = Tars.gzip(new byte[BLOCK]);
    for (long written = 0; written <= 10L << 30; written += BLOCK) { // with the tar's end
      droplet.write(zeros);
    }
  }

  static void emptyFiles(OutputStream droplet) throws IOException {
    try (var gzip = fast(droplet)) {
      for (int i = 0; i < 2_000_000; i++) {
        gzip.write(header(new TarArchiveEntry("deps/0/" + i)));
      }
      gzip.write(new byte[1024]);
    }
  }

  static void nested(OutputStream droplet) throws IOException {
    try (var gzip = fast(droplet)) {
      for (int depth = 1; depth <= 10_000; depth++) {
        var name = "d/".repeat(depth).getBytes(StandardCharsets.US_ASCII);
        var longName = new TarArchiveEntry("long", TarConstants.LF_GNUTYPE_LONGNAME);
        longName.setSize(name.length);
        gzip.write(header(longName));
        gzip.write(name);
        gzip.write(new byte[-name.length & 511]);
        gzip.write(header(new TarArchiveEntry("d/")));
      }
      gzip.write(new byte[1024]);
    }
  }

  private static byte[] header(TarArchiveEntry entry) throws IOException {
    var header = new byte[512];
    boolean base256 = true; // if it is too large otherwise
    entry.writeEntryHeader(header, ZipEncodingHelper.getZipEncoding("UTF-8"), base256);
    return header;
  }

  private static OutputStream fast(OutputStream to) throws IOException {
    return new GZIPOutputStream(to, 1 << 16) {
      {
        def.setLevel(Deflater.BEST_SPEED);
      }
    };
  }
}
