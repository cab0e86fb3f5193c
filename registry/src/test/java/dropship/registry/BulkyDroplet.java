package dropship.registry;

import java.io.IOException;
import java.io.OutputStream;
import java.util.SplittableRandom;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** A droplet of bytes that do not compress, written piece by piece: it need not fit into memory. */
final class BulkyDroplet {
  private static final int BLOCK = 1 << 20;

  private final SplittableRandom random = new SplittableRandom(1);
  private final StoringGzip gzip;
  private final TarArchiveOutputStream tar;

  /** Begins a droplet whose one file has {@code size} bytes. */
  BulkyDroplet(OutputStream to, long size) throws IOException {
    gzip = new StoringGzip(to);
    tar = new TarArchiveOutputStream(gzip);
    var entry = new TarArchiveEntry("./app/large");
    entry.setSize(size);
    tar.putArchiveEntry(entry);
  }

  /** Writes the next {@code count} bytes of the file. */
  void write(long count) throws IOException {
    var block = new byte[BLOCK];
    for (long left = count; left > 0; left -= BLOCK) {
      random.nextBytes(block);
      tar.write(block, 0, (int) Math.min(left, BLOCK));
    }
  }

  /** Ends the droplet, and leaves open what it was written to. */
  void end() throws IOException {
    tar.closeArchiveEntry();
    tar.finish();
    gzip.finish();
  }

  /** Compressing what does not compress would only take time. */
  private static final class StoringGzip extends GZIPOutputStream {
    StoringGzip(OutputStream to) throws IOException {
      super(to, BLOCK);
      def.setLevel(Deflater.NO_COMPRESSION);
    }
  }
}
