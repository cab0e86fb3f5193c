package dropship.registry.image;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dropship.rootfs.layer.Compression;
import dropship.rootfs.layer.Frame;
import dropship.rootfs.layer.Frames;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Where entries wait until the whole droplet is known: in scratch files, for memory would not do.
 *
 * <pre>
 *   index     one record per entry, as {@link SpooledEntry} reads it
 *   contents  of files that are small
 *   frames    of large ones, which are compressed while they wait
 * </pre>
 */
final class Spool implements AutoCloseable {
  /**
   * From this size on a file is a frame of its own. Smaller ones compress better in each other's
   * company.
   */
  private static final long FRAME = 1 << 20;

  private static final int BUFFER = 64 * 1024;
  private static final int RECORD = TarConstants.DEFAULT_RCDSIZE;

  /** What a compiled Python file begins with: magic number, flags, time and size of its source. */
  private static final int PYC_HEADER = 16;

  private final Path indexFile;
  private final Path contentsFile;
  private final Path framesFile;
  private final DataOutputStream index;
  private final OutputStream contents;
  private final Frames frames;
  private long contentsSize;
  private int entries;

  Spool(Compression compression, Path scratch, Executor executor) throws IOException {
    var name = UUID.randomUUID().toString();
    this.indexFile = scratch.resolve(name + ".index");
    this.contentsFile = scratch.resolve(name + ".contents");
    this.framesFile = scratch.resolve(name + ".frames");
    this.index = new DataOutputStream(open(indexFile));
    this.contents = open(contentsFile);
    this.frames = new Frames(compression, framesFile, executor);
  }

  private static OutputStream open(Path file) throws IOException {
    return new BufferedOutputStream(Files.newOutputStream(file, CREATE_NEW, WRITE), BUFFER);
  }

  /** Takes in an entry, whose content comes next from {@code from}. */
  void add(HomeEntry entry, DropletTar from) throws IOException, UnsuitableDroplet {
    var header = entry.header();
    long place = 0;
    long sourceTime = SpooledEntry.NO_TIME;
    if (header.getLinkFlag() == TarConstants.LF_NORMAL) {
      if (header.getSize() >= FRAME) {
        from.copyTo(frames);
        frames.write(
            new byte[(int) (Math.ceilDiv(header.getSize(), RECORD) * RECORD - header.getSize())]);
        place = frames.endFrame();
      } else {
        place = contentsSize;
        if (header.getName().endsWith(".pyc")) {
          var start = from.read(PYC_HEADER);
          contents.write(start);
          sourceTime = sourceTime(start);
        }
        from.copyTo(contents);
        contentsSize += header.getSize();
      }
    }
    SpooledEntry.of(entry, place, sourceTime).write(index);
    entries++;
  }

  /**
   * When the source of a compiled Python file was modified, if the file says so (PEP 552): it is of
   * no use with a source of another time. Before Python 3.7 there were no flags.
   */
  private static long sourceTime(byte[] start) {
    if (start.length < PYC_HEADER) {
      return SpooledEntry.NO_TIME;
    }
    var header = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
    int flags = header.getInt(4);
    return Integer.toUnsignedLong(flags == 0 ? header.getInt(8) : flags);
  }

  /** Ends the taking in; returns all of it but what {@code superseded} names, by number. */
  SpooledEntries read(BitSet superseded) throws IOException {
    index.close();
    contents.close();
    frames.close();
    return new SpooledEntries(indexFile, entries, superseded);
  }

  boolean isLarge(SpooledEntry file) {
    return file.size() >= FRAME;
  }

  /** The content of a large file. */
  Frame frame(SpooledEntry file) {
    return frames.get(Math.toIntExact(file.place()));
  }

  /** The content of a file that is not large, and more. */
  InputStream content(FileChannel from, SpooledEntry file) throws IOException {
    return Channels.newInputStream(from.position(file.place()));
  }

  FileChannel contents() throws IOException {
    return FileChannel.open(contentsFile, READ);
  }

  @Override
  public void close() throws IOException {
    try (index;
        contents;
        frames) {
      // Nothing to do but this.
    } catch (IOException givenUpAnyway) {
      // What could not be written was not wanted.
    }
    for (var file : List.of(indexFile, contentsFile, framesFile)) {
      Files.deleteIfExists(file);
    }
  }
}
