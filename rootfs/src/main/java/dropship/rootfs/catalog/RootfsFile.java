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
    return theirs == Compression.NONE
        ? compress(arriving, ours, file, executor)
        : keep(arriving, theirs, file);
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
    var unskipped = new BufferedInputStream(new Unskippable(tar), BUFFER);
    String architecture = null;
    int entries = 0;
    try {
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
    } catch (InvalidRootfs e) {
      throw e;
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidRootfs(
          "not a tar of a root file system, plain or compressed by gzip or zstd: " + e.getMessage(),
          e);
    }
    if (entries == 0) {
      throw new InvalidRootfs("the tar has no entries, expected the files of a root file system");
    }
    unskipped.transferTo(OutputStream.nullOutputStream());
    return architecture == null ? "amd64" : architecture;
  }

  /** A skipped byte would not be seen by those who hash. */
  private static final class Unskippable extends FilterInputStream {
    Unskippable(InputStream in) {
      super(in);
    }

    @Override
    public long skip(long count) throws IOException {
      return readNBytes((int) Math.min(count, BUFFER)).length;
    }
  }
}
