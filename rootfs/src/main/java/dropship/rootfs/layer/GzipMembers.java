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
            def.setLevel(LEVEL);
          }
        }) {
      gzip.write(bytes, 0, length);
    } catch (IOException impossible) {
      throw new IllegalStateException("writing to memory", impossible);
    }
    return member.toByteArray();
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
