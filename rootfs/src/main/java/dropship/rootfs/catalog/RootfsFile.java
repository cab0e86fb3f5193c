package dropship.rootfs.catalog;

import dropship.blobstore.content.Digest;
import dropship.blobstore.content.DigestingOutputStream;
import dropship.rootfs.layer.Compression;
import dropship.rootfs.layer.DiffId;
import dropship.rootfs.layer.Layer;
import dropship.rootfs.layer.LayerWriter;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Executor;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.io.input.TeeInputStream;

/**
 * Reads a root file system once, as it arrives, and makes its layer: a plain tar is compressed, a
 * compressed one is kept byte for byte.
 *
 * @param source digest of the file as it arrived
 */
record RootfsFile(Layer layer, Digest source, String architecture) {
  private static final int BUFFER = 256 * 1024;

  /**
   * Reads {@code from} to its end and writes the layer to {@code file}, which must not exist.
   * Blocks.
   *
   * @param ours how a plain tar is compressed
   * @throws InvalidRootfs if it is not a tar, or one that holds an image instead of its files
   */
  static RootfsFile read(InputStream from, Compression ours, Path file, Executor executor)
      throws IOException {
    var arriving = new BufferedInputStream(from, BUFFER);
    arriving.mark(Compression.MAGIC);
    var magic = arriving.readNBytes(Compression.MAGIC);
    arriving.reset();
    var theirs = Compression.of(magic);
    try {
      return theirs == Compression.NONE
          ? compress(arriving, ours, file, executor)
          : keep(arriving, theirs, file);
    } catch (InvalidRootfs e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new InvalidRootfs(
          "not a tar of a root file system, plain or compressed by gzip or zstd: " + e.getMessage(),
          e);
    }
  }

  private static RootfsFile compress(
      InputStream from, Compression ours, Path file, Executor executor) throws IOException {
    try (var source = new DigestingOutputStream(OutputStream.nullOutputStream());
        var layer = new LayerWriter(ours, file, executor)) {
      var architecture = inspect(new TeeInputStream(new TeeInputStream(from, source), layer));
      return new RootfsFile(layer.finish(), source.digest(), architecture);
    }
  }

  private static RootfsFile keep(InputStream from, Compression theirs, Path file)
      throws IOException {
    try (var into = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW);
        var kept = new DigestingOutputStream(new BufferedOutputStream(into, BUFFER));
        var tar = new DigestingOutputStream(OutputStream.nullOutputStream());
        var decompressed = theirs.decompress(new TeeInputStream(from, kept))) {
      var architecture = inspect(new TeeInputStream(decompressed, tar));
      kept.flush();
      var digest = kept.digest();
      var diffId = new DiffId(tar.digest());
      return new RootfsFile(
          new Layer(theirs, digest, kept.size(), diffId, tar.size()), digest, architecture);
    }
  }

  /** Reads a tar to the end of its file, and finds out what machine its programs are for. */
  private static String inspect(InputStream tar) throws IOException {
    var read = new Watched(tar);
    var unskipped = new BufferedInputStream(read, BUFFER);
    String architecture = null;
    int entries = 0;
    var archive = new TarArchiveInputStream(unskipped, "UTF-8");
    for (var entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
      entries++;
      if (entry.getName().matches("(\\./)?(oci-layout|index\\.json|repositories)")) {
        throw new InvalidRootfs(
            "the file holds an image (it has '%s'), expected the files of one: use docker export, not docker save"
                .formatted(entry.getName()));
      }
      if (architecture == null && entry.isFile()) {
        architecture = Elf.architecture(archive.readNBytes(Elf.HEADER)).orElse(null);
      }
    }
    if (entries == 0) {
      throw new InvalidRootfs("the tar has no entries, expected the files of a root file system");
    }
    unskipped.transferTo(OutputStream.nullOutputStream());
    if (!read.endsAsTarsDo()) {
      throw new InvalidRootfs("the tar has been cut off: it does not end as tars do");
    }
    return architecture == null ? "amd64" : architecture;
  }

  /**
   * Sees every byte: a skipped one would not be seen by those who hash. A tar that has been cut off
   * between two files is told by the two records of zeros that it lacks.
   */
  private static final class Watched extends FilterInputStream {
    private static final int END = 2 * 512;
    private int zeros;

    Watched(InputStream in) {
      super(in);
    }

    boolean endsAsTarsDo() {
      return zeros >= END;
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int count = super.read(into, offset, length);
      int trailing = 0;
      while (trailing < Math.min(count, END) && into[offset + count - 1 - trailing] == 0) {
        trailing++;
      }
      if (count > 0) {
        zeros = trailing == count ? Math.min(END, zeros + trailing) : trailing;
      }
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      return readNBytes((int) Math.min(count, BUFFER)).length;
    }
  }
}
