package dropship.rootfs.layer;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Hands what is written over to another stream, on another thread, so that what the two do with the
 * bytes overlaps. At most {@link #BLOCKS} blocks are between them: who is ahead waits.
 *
 * <p>When the other stream fails, so does the next write. Closing this closes the other.
 */
public final class Relay extends OutputStream {
  static final int BLOCK = 64 * 1024;
  static final int BLOCKS = 6;

  private final OutputStream to;
  private final BlockingQueue<Block> empty = new ArrayBlockingQueue<>(BLOCKS);
  private final BlockingQueue<Handed> handed = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> other;
  private @Nullable Block block;
  private volatile @Nullable IOException failure;
  private int made;
  private boolean ended;

  private sealed interface Handed {}

  private static final class Block implements Handed {
    final byte[] bytes = new byte[BLOCK];
    int length;
  }

  /** Something to do on the other thread, between the bytes before and those after. */
  interface Action {
    void run() throws IOException;
  }

  private record Then(Action action) implements Handed {}

  private record End() implements Handed {}

  /** The other thread is one of {@code executor}'s. */
  public Relay(Executor executor, OutputStream to) {
    this.to = to;
    this.other = CompletableFuture.runAsync(this::take, executor);
  }

  private void take() {
    try (to) {
      while (failure == null) {
        switch (handed.take()) {
          case Block full -> {
            to.write(full.bytes, 0, full.length);
            giveBack(full);
          }
          case Then(var action) -> action.run();
          case End() -> {
            return;
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(new InterruptedIOException("interrupted while bytes were handed over"));
    } catch (IOException e) {
      fail(e);
    } catch (RuntimeException | Error e) {
      fail(new IOException(e));
      throw e;
    }
  }

  /** The writer may be waiting for a block; none of those on the way will be written. */
  private void fail(IOException cause) {
    failure = cause;
    empty.offer(new Block());
  }

  private void giveBack(Block block) {
    block.length = 0;
    empty.add(block);
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    int written = 0;
    while (written < length) {
      var into = block == null ? emptyBlock() : block;
      int part = Math.min(length - written, BLOCK - into.length);
      System.arraycopy(from, offset + written, into.bytes, into.length, part);
      into.length += part;
      written += part;
      block = into;
      if (into.length == BLOCK) {
        flush();
      }
    }
  }

  private Block emptyBlock() throws IOException {
    var next = empty.poll();
    if (next == null && made < BLOCKS) {
      made++;
      return new Block();
    }
    try {
      var taken = next == null ? empty.take() : next;
      throwFailure();
      return taken;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while bytes were handed over");
    }
  }

  private void throwFailure() throws IOException {
    var cause = failure;
    if (cause != null) {
      throw new IOException(cause.getMessage(), cause);
    }
  }

  /** Hands over what has been written so far. */
  @Override
  public void flush() throws IOException {
    throwFailure();
    if (block != null) {
      handed.add(block);
      block = null;
    }
  }

  /** Does {@code action} on the other thread when all that has been written so far is through. */
  void then(Action action) throws IOException {
    flush();
    handed.add(new Then(action));
  }

  /** Returns when all that has been written has come through, and the other stream is closed. */
  @Override
  public void close() throws IOException {
    if (!ended) {
      ended = true;
      if (block != null) {
        handed.add(block);
        block = null;
      }
      handed.add(new End());
    }
    other.exceptionally(itIsTheFailure -> null).join();
    throwFailure();
  }
}
