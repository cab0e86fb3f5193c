package dropship.blobstore.store.cache;

import dropship.blobstore.content.ByteRange;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file that grows while it is read. One writes; any number read, each at its own pace and from
 * the file, so that none of them costs memory or makes the writer wait. What is still missing is
 * waited for.
 *
 * <p>Until the writer has found the whole to be right, every reader is kept from the last bytes it
 * wants: nobody takes what is wrong for whole.
 */
final class ArrivingFile {
  private static final int HELD_BACK = 256 * 1024;

  private final FileChannel file;
  private final long size;
  private long written;
  private boolean whole;
  private @Nullable Throwable failure;

  /** The writer and the readers; with the last of them the file is closed. */
  private int users = 1;

  /** Takes an empty file, open for reading and writing, that will have {@code size} bytes. */
  ArrivingFile(FileChannel file, long size) {
    this.file = file;
    this.size = size;
  }

  void append(ByteBuffer bytes) throws IOException {
    long position = written; // nobody else changes it
    while (bytes.hasRemaining()) {
      position += file.write(bytes, position);
    }
    synchronized (this) {
      written = position;
      notifyAll();
    }
  }

  /** All has been written and is right: the readers may have the last bytes. */
  synchronized void end() {
    whole = true;
    notifyAll();
    leave();
  }

  /** There will be no whole: every reader fails, now. */
  synchronized void fail(Throwable cause) {
    failure = cause;
    notifyAll();
    leave();
  }

  /** Another reader, of the part that {@code range} covers; nothing once all have gone. */
  synchronized Optional<Reader> read(ByteRange range) {
    if (users == 0) {
      return Optional.empty();
    }
    users++;
    return Optional.of(new Reader(range.within(size)));
  }

  private synchronized void leave() {
    users--;
    if (users == 0) {
      try {
        file.close();
      } catch (IOException closedAnyway) {
        // A write that failed has been told; and what is read later is compared with its size.
      }
    }
  }

  /**
   * How far a reader at {@code position} that goes on to {@code end} may read now; waits until that
   * is further than where it is, or the whole is there.
   */
  private synchronized long awaitMore(long position, long end) throws IOException {
    while (true) {
      if (failure != null) {
        throw new IOException("the bytes stopped arriving: " + failure.getMessage(), failure);
      }
      long readable = whole ? end : Math.min(written, end - HELD_BACK);
      if (whole || readable > position) {
        return readable;
      }
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while waiting for more bytes to arrive", e);
      }
    }
  }

  /** Blocks until there is something to read. For one thread at a time. */
  final class Reader extends InputStream {
    private final long length;
    private final long end;
    private long position;
    private boolean closed;

    private Reader(ByteRange part) {
      this.length = part.length();
      this.position = part.offset();
      this.end = part.offset() + part.length();
    }

    /** How many bytes there are to read, from the beginning to the end. */
    long length() {
      return length;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      long readable = awaitMore(position, end);
      if (position == end) {
        return -1;
      }
      int wanted = (int) Math.min(length, readable - position);
      int read = file.read(ByteBuffer.wrap(into, offset, wanted), position);
      if (read < 0) {
        throw new IOException("the file ends at " + position + ", expected " + end + " bytes");
      }
      position += read;
      return read;
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        leave();
      }
    }
  }
}
