package dropship.rootfs.layer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Gzip, several members at a time: what is written is cut into pieces of one size, each of which
 * becomes a member (RFC 1952 section 2.2). So the bytes depend neither on the number of threads nor
 * on how they were written.
 */
final class GzipMembers extends OutputStream {
  static final int PIECE = 256 * 1024;

  /** Level 1: the others take several times as long, for a few percent. */
  static final int LEVEL = Deflater.BEST_SPEED;

  /**
   * A piece in which bytes are as evenly spread as if there were this many values, each as frequent
   * as the others, is stored: it holds jars or pictures, which deflate takes longest over, for 3 %.
   */
  static final int EVEN = 220;

  /** How many pieces are compressed at once; each takes twice its size. */
  private static final int AT_ONCE = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);

  private final OutputStream to;
  private final Executor executor;
  private final Queue<CompletableFuture<byte[]>> members = new ArrayDeque<>(AT_ONCE);
  private byte[] piece = new byte[PIECE];
  private int length;
  private boolean any;
  private boolean closed;

  GzipMembers(OutputStream to, Executor executor) {
    this.to = to;
    this.executor = executor;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int count) throws IOException {
    int written = 0;
    while (written < count) {
      int part = Math.min(count - written, PIECE - length);
      System.arraycopy(from, offset + written, piece, length, part);
      length += part;
      written += part;
      if (length == PIECE) {
        compress();
      }
    }
  }

  private void compress() throws IOException {
    if (members.size() == AT_ONCE) {
      writeFirst();
    }
    var bytes = piece;
    int count = length;
    members.add(CompletableFuture.supplyAsync(() -> member(bytes, count), executor));
    piece = new byte[PIECE];
    length = 0;
    any = true;
  }

  private static byte[] member(byte[] bytes, int length) {
    var member = new ByteArrayOutputStream(length / 2);
    try (var gzip =
        new GZIPOutputStream(member, 64 * 1024) {
          {
            def.setLevel(isEven(bytes, length) ? Deflater.NO_COMPRESSION : LEVEL);
          }
        }) {
      gzip.write(bytes, 0, length);
    } catch (IOException impossible) {
      throw new IllegalStateException("writing to memory", impossible);
    }
    return member.toByteArray();
  }

  /** In whole numbers, so that it comes out the same on every machine. */
  private static boolean isEven(byte[] bytes, int length) {
    var counts = new int[256];
    for (int i = 0; i < length; i++) {
      counts[bytes[i] & 0xff]++;
    }
    long squares = 0;
    for (long count : counts) {
      squares += count * count;
    }
    return (long) length * length > EVEN * squares;
  }

  private void writeFirst() throws IOException {
    try {
      to.write(members.remove().get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while compressing");
    } catch (ExecutionException e) {
      throw new IOException("compressing", e.getCause());
    }
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (to) {
      if (length > 0 || !any) {
        compress();
      }
      while (!members.isEmpty()) {
        writeFirst();
      }
    }
  }
}
