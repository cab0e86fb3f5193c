package dropship.registry.image;

import dropship.rootfs.layer.Compression;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.io.input.CloseShieldInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The gzipped tar that a droplet is, as it is read. Whatever is wrong with its bytes makes it
 * unsuitable, and so does whatever would take more memory or time than a droplet is worth.
 */
final class DropletTar implements AutoCloseable {
  private static final int BUFFER = 64 * 1024;
  private static final int TYPE = 156; // where a header says the entry's type
  private static final int RECORD = TarConstants.DEFAULT_RCDSIZE;

  /** How many bytes may come before an entry's content: they are held in memory. */
  private static final int HEADERS = 1024 * 1024;

  /** How many headers for all entries there may be: they are held in memory to the end. */
  private static final int GLOBAL_HEADERS = 16;

  private final DropletLayers.Settings settings;
  private final Limited inflated;
  private final StrictTar tar;
  private final byte[] buffer = new byte[BUFFER];
  private @Nullable TarArchiveEntry current;
  private long entries;
  private long content;

  DropletTar(InputStream droplet, DropletLayers.Settings settings) throws UnsuitableDroplet {
    this.settings = settings;
    var deflated = new Fruitful(CloseShieldInputStream.wrap(droplet));
    try {
      inflated =
          new Limited(
              Compression.GZIP.decompress(deflated), deflated, settings.maxUncompressedSize());
    } catch (IOException | RuntimeException e) {
      throw new UnsuitableDroplet(
          "not a gzip file: " + (e.getMessage() == null ? "it breaks off" : e.getMessage()));
    }
    tar = new StrictTar(inflated);
  }

  /** The next entry, or null at the end. What has not been read of the last one is skipped. */
  @Nullable TarArchiveEntry next() throws UnsuitableDroplet {
    while (current != null && fill() >= 0) {
      // The tar would skip as well, but without a limit.
    }
    current = nextEntry();
    if (current != null && ++entries > settings.maxEntries()) {
      throw unsuitable(
          "", "the tar has more than the allowed " + settings.maxEntries() + " entries");
    }
    return current;
  }

  private @Nullable TarArchiveEntry nextEntry() throws UnsuitableDroplet {
    try {
      inflated.beginHeaders();
      var entry = tar.getNextEntry();
      inflated.endHeaders();
      if (entry != null && !entry.isCheckSumOK()) {
        throw new IOException("the checksum of a header is wrong");
      }
      if (entry != null && tar.isDoubtful(entry)) {
        throw new IOException("the name or the target of '" + entry.getName() + "' is not UTF-8");
      }
      return entry;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      throw unsuitable("behind ", broken(e));
    }
  }

  /** At most {@code limit} bytes of the entry. */
  byte[] read(int limit) throws UnsuitableDroplet {
    try {
      var read = tar.readNBytes(limit);
      count(read.length);
      return read;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      throw unsuitable("", broken(e));
    }
  }

  /** Copies the rest of the entry. */
  void copyTo(OutputStream into) throws IOException, UnsuitableDroplet {
    for (int read = fill(); read >= 0; read = fill()) {
      into.write(buffer, 0, read);
    }
  }

  private int fill() throws UnsuitableDroplet {
    try {
      int read = tar.read(buffer);
      count(Math.max(0, read));
      return read;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      throw unsuitable("", broken(e));
    }
  }

  /** Counts content besides what is inflated, for a sparse file's holes come from nowhere. */
  private void count(int more) throws TooLarge {
    content += more;
    if (content > settings.maxUncompressedSize()) {
      throw new TooLarge(settings.maxUncompressedSize());
    }
  }

  /**
   * Reads what follows the tar: zeros to fill the last record, then the gzip trailer, then nothing.
   */
  void end() throws UnsuitableDroplet {
    try {
      for (int read = inflated.read(buffer); read >= 0; read = inflated.read(buffer)) {
        for (int i = 0; i < read; i++) {
          if (buffer[i] != 0) {
            throw new UnsuitableDroplet("something follows the end of the tar");
          }
        }
      }
    } catch (IOException e) {
      throw new UnsuitableDroplet(broken(e));
    }
    if (inflated.read == 0 || inflated.read % RECORD != 0) {
      throw new UnsuitableDroplet("not a tar, or one that breaks off");
    }
  }

  /**
   * The library tells of damage in many ways: its parser is recursive and trusts what it parses.
   */
  private static String broken(Throwable e) {
    return switch (e) {
      case TooLarge tooLarge -> String.valueOf(tooLarge.getMessage());
      case StackOverflowError deep -> "an entry has too many headers or parts";
      default ->
          "not a gzipped tar, or a damaged one: "
              + (e.getMessage() == null ? "it breaks off" : HomeEntries.shown(e.getMessage()));
    };
  }

  /** Names the entry that it happened in, or {@code behind} which. */
  private UnsuitableDroplet unsuitable(String behind, String reason) {
    return new UnsuitableDroplet(
        current == null
            ? reason
            : behind + "entry '" + HomeEntries.shown(current.getName()) + "': " + reason);
  }

  /** Frees the inflater. The droplet itself stays open: the rest of it is still to be read. */
  @Override
  public void close() throws IOException {
    inflated.close();
  }

  /** Refuses what the library would pass over. */
  private static final class StrictTar extends TarArchiveInputStream {
    private int globalHeaders;
    private boolean ended;
    private boolean textIsUtf8 = true;

    StrictTar(InputStream in) {
      super(in, RECORD, RECORD, "UTF-8"); // blocks of one record: nothing is skipped at the end
    }

    @Override
    protected byte @Nullable [] readRecord() throws IOException {
      var record = super.readRecord();
      boolean zero = isEOFRecord(record);
      if (ended && !zero) {
        throw new IOException("something follows the end of the tar");
      }
      ended = zero;
      if (record != null
          && record[TYPE] == TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER
          && ++globalHeaders > GLOBAL_HEADERS) {
        throw new IOException("more than " + GLOBAL_HEADERS + " global headers");
      }
      textIsUtf8 =
          record == null
              || (utf8(record, 0, 100) && utf8(record, 157, 100) && utf8(record, 345, 155));
      return record;
    }

    @Override
    protected byte @Nullable [] getLongNameData() throws IOException {
      var name = super.getLongNameData();
      if (name != null && !utf8(name, 0, name.length)) {
        throw new IOException("a long name is not UTF-8");
      }
      return name;
    }

    /** The library puts a question mark for what is not UTF-8 in the header of an entry. */
    boolean isDoubtful(TarArchiveEntry entry) {
      return !textIsUtf8 && (entry.getName().contains("?") || entry.getLinkName().contains("?"));
    }

    private static boolean utf8(byte[] bytes, int offset, int length) {
      try {
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, offset, length));
        return true;
      } catch (CharacterCodingException e) {
        return false;
      }
    }
  }

  private static final class TooLarge extends IOException {
    TooLarge(long limit) {
      super("the tar has more than the allowed " + limit + " bytes");
    }
  }

  /**
   * Fails when much is read without anything coming of it. The reader of gzip keeps a member's name
   * and comment in memory, however long they are.
   */
  private static final class Fruitful extends FilterInputStream {
    private static final int IN_VAIN = 1024 * 1024;
    private long since;

    Fruitful(InputStream in) {
      super(in);
    }

    void hasBorneFruit() {
      since = 0;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int count = super.read(into, offset, length);
      since += Math.max(0, count);
      if (since > IN_VAIN) {
        throw new IOException("more than " + IN_VAIN + " bytes of gzip hold nothing");
      }
      return count;
    }
  }

  /** Fails beyond a number of bytes. */
  private static final class Limited extends FilterInputStream {
    private final Fruitful deflated;
    private final long limit;
    private long read;
    private long headersUntil = Long.MAX_VALUE;

    Limited(InputStream in, Fruitful deflated, long limit) {
      super(in);
      this.deflated = deflated;
      this.limit = limit;
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      count(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int count = super.read(into, offset, length);
      count(Math.max(0, count));
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      long skipped = super.skip(count);
      count(skipped);
      return skipped;
    }

    void beginHeaders() {
      headersUntil = read + HEADERS;
    }

    void endHeaders() {
      headersUntil = Long.MAX_VALUE;
    }

    private void count(long more) throws IOException {
      read += more;
      deflated.hasBorneFruit();
      if (read > limit) {
        throw new TooLarge(limit);
      }
      if (read > headersUntil) {
        throw new IOException("the headers of an entry have more than " + HEADERS + " bytes");
      }
    }
  }
}
