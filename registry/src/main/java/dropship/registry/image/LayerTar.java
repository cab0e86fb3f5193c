package dropship.registry.image;

import static org.apache.commons.compress.archivers.tar.TarArchiveOutputStream.BIGNUMBER_POSIX;
import static org.apache.commons.compress.archivers.tar.TarArchiveOutputStream.LONGFILE_POSIX;

import dropship.rootfs.layer.Compression;
import dropship.rootfs.layer.Frame;
import dropship.rootfs.layer.LayerWriter;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** The tar of a layer, while it is written. It begins with the directories above the droplet's. */
final class LayerTar implements AutoCloseable {
  private static final List<String> ABOVE = List.of("home", HomeEntries.HOME);

  private static final int BUFFER = 64 * 1024;

  /** How many entries are in every layer. */
  static final int COMMON = ABOVE.size();

  private final Path file;
  private final LayerWriter layer;
  private final TarArchiveOutputStream tar;
  private final byte[] buffer = new byte[BUFFER];

  /** Begins a layer in {@code file}, which must not exist. */
  LayerTar(Compression compression, Path file, Executor executor) throws IOException {
    this.file = file;
    this.layer = new LayerWriter(compression, file, executor);
    this.tar = new TarArchiveOutputStream(layer, "UTF-8");
    tar.setLongFileMode(LONGFILE_POSIX);
    tar.setBigNumberMode(BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
    try {
      for (var directory : ABOVE) {
        add(above(directory));
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Every layer says what its parents are like, so that layers can be unpacked in any company. */
  private static LayerHeader above(String directory) {
    var header = LayerHeader.directory(directory);
    if (directory.equals("home")) {
      header.setIds(0, 0);
    }
    return header;
  }

  /** Adds an entry without content. */
  void add(TarArchiveEntry header) throws IOException {
    tar.putArchiveEntry(header);
    tar.closeArchiveEntry();
  }

  /** Begins an entry with content, which is written next. */
  OutputStream begin(TarArchiveEntry header) throws IOException {
    tar.putArchiveEntry(header);
    return tar;
  }

  void end() throws IOException {
    tar.closeArchiveEntry();
  }

  /** Adds a file whose content, filled up to whole records, has been compressed already. */
  void add(TarArchiveEntry header, Frame frame) throws IOException {
    tar.putArchiveEntry(header);
    layer.append(
        frame,
        () -> {
          try (var content = frame.content()) {
            copy(content, header.getSize());
          }
          tar.closeArchiveEntry();
        });
  }

  /** Adds a file with that content. */
  void add(TarArchiveEntry header, InputStream content) throws IOException {
    tar.putArchiveEntry(header);
    copy(content, header.getSize());
    tar.closeArchiveEntry();
  }

  private void copy(InputStream content, long size) throws IOException {
    long left = size;
    while (left > 0) {
      int read = content.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (read < 0) {
        throw new EOFException(
            "scratch space has %d bytes less than were put there".formatted(left));
      }
      tar.write(buffer, 0, read);
      left -= read;
    }
  }

  /** Ends the layer, whose file belongs to the caller from now on. */
  DropletLayers.Scratch finish(DropletLayer.Kind kind) throws IOException {
    tar.finish();
    return new DropletLayers.Scratch(new DropletLayer(kind, layer.finish()), file);
  }

  /** Gives up a layer that has not been finished. */
  @Override
  public void close() throws IOException {
    layer.close();
  }
}
