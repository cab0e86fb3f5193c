package dropship.blobstore.content;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Carries bytes from an event loop to a blocking reader on another thread. Bounded: when more than
 * its capacity waits to be read it says so, and the writer is expected to pause.
 *
 * <p>A reader that closes its end lets the writer go on; what is written then is dropped. A writer
 * that breaks off calls {@link #fail}, and the reader gets an {@link IOException}: an end is never
 * mistaken for a whole.
 */
public final class Conduit implements WriteStream<Buffer> {
  private final Context context;
  private final int capacity;
  private final Object lock = new Object();
  private final Queue<Buffer> waiting = new ArrayDeque<>();
  private long waitingBytes;
  private boolean ended;
  private boolean readerGone;
  private @Nullable Throwable failure;
  private @Nullable Handler<Void> drainHandler;

  /** Writers are called back on {@code context}; about {@code capacity} bytes may wait. */
  public Conduit(Context context, int capacity) {
    this.context = context;
    this.capacity = capacity;
  }

  /** Takes everything that {@code stream} brings, its end or its failure included. */
  public void fillFrom(ReadStream<Buffer> stream) {
    stream.pipe().endOnFailure(false).to(this).onFailure(this::fail);
  }

  /** The reading end: blocks until there is something to read. For one thread at a time. */
  public InputStream input() {
    return new Input();
  }

  @Override
  public Future<Void> write(Buffer data) {
    synchronized (lock) {
      if (!readerGone && data.length() > 0) {
        waiting.add(data);
        waitingBytes += data.length();
        lock.notifyAll();
      }
    }
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> end() {
    synchronized (lock) {
      ended = true;
      lock.notifyAll();
    }
    return Future.succeededFuture();
  }

  /**
   * Breaks off: the reader fails once it has read what arrived before. Does nothing after the end.
   */
  public void fail(Throwable cause) {
    synchronized (lock) {
      if (!ended) {
        failure = cause;
        ended = true;
        lock.notifyAll();
      }
    }
  }

  @Override
  public boolean writeQueueFull() {
    synchronized (lock) {
      return waitingBytes >= capacity;
    }
  }

  @Override
  public Conduit drainHandler(@Nullable Handler<Void> handler) {
    synchronized (lock) {
      drainHandler = handler;
      callWhenDrained();
    }
    return this;
  }

  @Override
  public Conduit exceptionHandler(@Nullable Handler<Throwable> handler) {
    return this; // writing into memory does not fail
  }

  /** Fixed when the conduit is made. */
  @Override
  public Conduit setWriteQueueMaxSize(int maxSize) {
    return this;
  }

  private void callWhenDrained() {
    if (drainHandler != null && waitingBytes <= capacity / 2) {
      var handler = drainHandler;
      drainHandler = null;
      context.runOnContext(handler);
    }
  }

  private final class Input extends InputStream {
    private Buffer chunk = Buffer.buffer(0);
    private int position;

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (position == chunk.length() && !nextChunk()) {
        return -1;
      }
      int read = Math.min(length, chunk.length() - position);
      chunk.getBytes(position, position + read, into, offset);
      position += read;
      return read;
    }

    private boolean nextChunk() throws IOException {
      var next = awaitNext();
      if (next == null) {
        return false;
      }
      chunk = next;
      position = 0;
      return true;
    }

    private @Nullable Buffer awaitNext() throws IOException {
      synchronized (lock) {
        while (waiting.isEmpty() && !ended) {
          try {
            lock.wait();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for more bytes to arrive", e);
          }
        }
        var next = waiting.poll();
        if (next != null) {
          waitingBytes -= next.length();
          callWhenDrained();
        } else if (failure != null) {
          throw new IOException("the bytes stopped arriving: " + failure.getMessage(), failure);
        }
        return next;
      }
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /** How much can be read without waiting for more to arrive, the end included. */
    @Override
    public int available() {
      synchronized (lock) {
        long here = chunk.length() - position + waitingBytes;
        return here == 0 && ended ? 1 : (int) here;
      }
    }

    @Override
    public void close() {
      synchronized (lock) {
        readerGone = true;
        waiting.clear();
        waitingBytes = 0;
        callWhenDrained();
      }
    }
  }
}
