package dropship.registry.image;

import static org.apache.commons.compress.archivers.tar.TarArchiveOutputStream.BIGNUMBER_POSIX;
import static org.apache.commons.compress.archivers.tar.TarArchiveOutputStream.LONGFILE_POSIX;

import dropship.registry.image.DropletLayer.Kind;
import dropship.rootfs.layer.Compression;
import dropship.rootfs.layer.LayerWriter;
import dropship.rootfs.lifecycle.LifecycleLayer;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.io.input.CloseShieldInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Turns a droplet (a gzipped tar of {@code ./app …}) into image layers rooted at {@code
 * /home/vcap}, in one pass over its bytes as they arrive. What is in a layer is decided by {@link
 * HomeEntries}.
 */
public final class DropletLayers {
  private static final int BUFFER = 64 * 1024;

  private final Settings settings;
  private final Path scratch;
  private final Executor executor;

  /**
   * What may be chosen.
   *
   * @param compression of the layers
   * @param maxUncompressedSize of a droplet's tar, in bytes
   * @param maxEntries of a droplet's tar
   */
  public record Settings(Compression compression, long maxUncompressedSize, long maxEntries) {}

  /** A layer in a scratch file, which belongs to whoever got it. */
  record Scratch(DropletLayer layer, Path file) {}

  /** A droplet as layers, and what else there was to learn on the way. */
  record Converted(List<Scratch> layers, StagingInfo info, Map<String, Integer> leftOut) {}

  DropletLayers(Settings settings, Path scratch, Executor executor) {
    this.settings = settings;
    this.scratch = scratch;
    this.executor = executor;
  }

  String codec() {
    return settings.compression.codec();
  }

  /**
   * Converts {@code droplet}, reading no further than it must. Blocks.
   *
   * @throws UnsuitableDroplet if no image can be made of these bytes
   * @throws IOException if scratch space fails; what the droplet itself throws is unsuitable
   */
  Converted convert(InputStream droplet) throws IOException, UnsuitableDroplet {
    var file = scratch.resolve(UUID.randomUUID().toString());
    var entries = new HomeEntries(settings.maxEntries);
    try (var layer = new LayerWriter(settings.compression, file, executor)) {
      var info = copy(droplet, entries, newTar(layer));
      var all = new Scratch(new DropletLayer(Kind.app, layer.finish()), file);
      var wanted =
          entries.superseded().isEmpty() ? all : withoutSuperseded(all, entries.superseded());
      return new Converted(List.of(wanted), info, entries.leftOut());
    }
  }

  private static TarArchiveOutputStream newTar(LayerWriter layer) throws IOException {
    var tar = new TarArchiveOutputStream(layer, "UTF-8");
    tar.setLongFileMode(LONGFILE_POSIX);
    tar.setBigNumberMode(BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
    return tar;
  }

  private StagingInfo copy(InputStream droplet, HomeEntries entries, TarArchiveOutputStream into)
      throws IOException, UnsuitableDroplet {
    writeAncestors(into);
    var info = StagingInfo.NONE;
    long size = 0;
    try (var from = new DropletTar(droplet)) {
      for (var entry = from.next(); entry != null; entry = from.next()) {
        var kept = entries.keep(entry);
        if (kept.isPresent()) {
          size += kept.get().getSize(); // a sparse file is larger here than in the droplet
          if (size > settings.maxUncompressedSize) {
            throw new UnsuitableDroplet(TooLarge.message(settings.maxUncompressedSize));
          }
          into.putArchiveEntry(kept.get());
          if (isStagingInfo(kept.get())) {
            var text = from.read(StagingInfo.LIMIT);
            into.write(text);
            info = StagingInfo.parse(text, kept.get().getLastModifiedTime().toInstant());
          }
          if (isRegularFile(kept.get())) {
            from.copyTo(into);
          }
          into.closeArchiveEntry();
        }
      }
      from.end();
    }
    into.finish();
    return info;
  }

  /** Every layer says what its parents are like, so that layers can be unpacked in any company. */
  private static void writeAncestors(TarArchiveOutputStream into) throws IOException {
    for (var directory : List.of("home/", "home/vcap/")) {
      int owner = directory.equals("home/") ? 0 : LifecycleLayer.VCAP;
      var entry = new TarArchiveEntry(directory);
      entry.setMode(0755);
      entry.setIds(owner, owner);
      entry.setNames("", "");
      entry.setModTime(0);
      into.putArchiveEntry(entry);
      into.closeArchiveEntry();
    }
  }

  private static boolean isRegularFile(TarArchiveEntry kept) {
    return kept.getLinkFlag() == TarConstants.LF_NORMAL;
  }

  private static boolean isStagingInfo(TarArchiveEntry kept) {
    return isRegularFile(kept) && kept.getName().equals("home/vcap/" + StagingInfo.FILE);
  }

  /**
   * The same layer without entries that later ones replace. A layer must not name a path twice
   * (image-spec, "Distributable Format"), and a stream cannot know before its end that it does; so
   * for the rare droplet that does, its layer is read once more.
   */
  private Scratch withoutSuperseded(Scratch all, BitSet superseded) throws IOException {
    var file = scratch.resolve(UUID.randomUUID().toString());
    try (var layer = new LayerWriter(settings.compression, file, executor);
        var from =
            new TarArchiveInputStream(
                settings.compression.decompress(Files.newInputStream(all.file)), "UTF-8")) {
      var into = newTar(layer);
      int index = -2; // the ancestors come first
      for (var entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
        if (index < 0 || !superseded.get(index)) {
          into.putArchiveEntry(entry);
          from.transferTo(into);
          into.closeArchiveEntry();
        }
        index++;
      }
      into.finish();
      return new Scratch(new DropletLayer(all.layer.kind(), layer.finish()), file);
    } finally {
      Files.delete(all.file);
    }
  }

  /** A droplet as it is read: whatever is wrong with its bytes makes it unsuitable. */
  private final class DropletTar implements AutoCloseable {
    private final Limited inflated;
    private final TarArchiveInputStream tar;
    private final byte[] buffer = new byte[BUFFER];
    private long entries;

    DropletTar(InputStream droplet) throws UnsuitableDroplet {
      var deflated = new Fruitful(CloseShieldInputStream.wrap(droplet));
      inflated =
          new Limited(
              read(() -> Compression.GZIP.decompress(deflated)),
              deflated,
              settings.maxUncompressedSize);
      tar = new TarArchiveInputStream(inflated, "UTF-8");
    }

    @Nullable TarArchiveEntry next() throws UnsuitableDroplet {
      if (++entries > settings.maxEntries) {
        throw new UnsuitableDroplet(
            "the tar has more than the allowed " + settings.maxEntries + " entries");
      }
      while (fill() >= 0) {
        // What is left of the entry before goes first, so that only headers are read below.
      }
      inflated.beginHeader();
      var entry = read(() -> Optional.ofNullable(tar.getNextEntry()));
      inflated.endHeader();
      return entry.orElse(null);
    }

    byte[] read(int limit) throws UnsuitableDroplet {
      return read(() -> tar.readNBytes(limit));
    }

    /** Copies the rest of the entry. */
    void copyTo(TarArchiveOutputStream into) throws IOException, UnsuitableDroplet {
      for (int read = fill(); read >= 0; read = fill()) {
        into.write(buffer, 0, read);
      }
    }

    private int fill() throws UnsuitableDroplet {
      return tar.getCurrentEntry() == null ? -1 : read(() -> tar.read(buffer));
    }

    /**
     * Reads what follows the tar: zeros to fill the last record, then the gzip trailer, then
     * nothing.
     */
    void end() throws UnsuitableDroplet {
      for (int read = rest(); read >= 0; read = rest()) {
        for (int i = 0; i < read; i++) {
          if (buffer[i] != 0) {
            throw new UnsuitableDroplet("something follows the end of the tar");
          }
        }
      }
    }

    private int rest() throws UnsuitableDroplet {
      return read(() -> inflated.read(buffer));
    }

    /** The readers of gzip and tar fail in many ways on bytes made to make them. */
    private static <T> T read(Callable<T> reader) throws UnsuitableDroplet {
      try {
        return reader.call();
      } catch (TooLarge e) {
        throw new UnsuitableDroplet(String.valueOf(e.getMessage()));
      } catch (Exception | StackOverflowError e) {
        throw new UnsuitableDroplet("not a gzipped tar, or a damaged one: " + e.getMessage());
      }
    }

    /** Frees the inflater. The droplet itself stays open: the rest of it is still to be read. */
    @Override
    public void close() throws IOException {
      inflated.close();
    }
  }

  private static final class TooLarge extends IOException {
    TooLarge(long limit) {
      super(message(limit));
    }

    static String message(long limit) {
      return "the tar has more than the allowed " + limit + " bytes";
    }
  }

  /**
   * Fails when much is read without anything coming of it. The reader of gzip keeps a header's name
   * and comment in memory, however long they are.
   */
  private static final class Fruitful extends FilterInputStream {
    private static final long MOST = 1 << 20;
    private long readInVain;

    Fruitful(InputStream in) {
      super(in);
    }

    void hasBornFruit() {
      readInVain = 0;
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int count = super.read(into, offset, length);
      readInVain += Math.max(0, count);
      if (readInVain > MOST) {
        throw new IOException("more than " + MOST + " bytes of gzip with nothing in them");
      }
      return count;
    }
  }

  /**
   * Fails beyond a number of bytes; and, while a header is read, beyond what headers need. The
   * reader of tar keeps long names and PAX records in memory, however long they are.
   */
  private static final class Limited extends FilterInputStream {
    private static final long HEADER = 1 << 20;
    private final Fruitful deflated;
    private final long limit;
    private long read;
    private long headerEnd = Long.MAX_VALUE;

    Limited(InputStream in, Fruitful deflated, long limit) {
      super(in);
      this.deflated = deflated;
      this.limit = limit;
    }

    void beginHeader() {
      headerEnd = read + HEADER;
    }

    void endHeader() {
      headerEnd = Long.MAX_VALUE;
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int count = super.read(into, offset, length);
      if (count > 0) {
        deflated.hasBornFruit();
        read += count;
      }
      if (read > limit) {
        throw new TooLarge(limit);
      }
      if (read > headerEnd) {
        throw new IOException("an entry's header has more than " + HEADER + " bytes");
      }
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      return readNBytes((int) Math.min(count, BUFFER)).length;
    }
  }
}
