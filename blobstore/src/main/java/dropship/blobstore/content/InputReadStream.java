package dropship.blobstore.content;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lets what a blocking {@link InputStream} yields flow on an event loop, in chunks of 256 KiB:
 * large enough that handing each to a worker thread costs little beside encrypting it (a file sent
 * over TLS in 8 KiB pieces is several times slower), and never more than one chunk ahead of the
 * reader. Closes the input at its end and on failure.
 */
public final class InputReadStream implements CloseableStream {
  /** A multiple of the page size and of the 16 KiB of a TLS record. */
  static final int CHUNK = 256 * 1024;

  private final Context context;
  private final Function<Callable<Buffer>, Future<Buffer>> reader;
  private final InputStream input;
  private long demand = Long.MAX_VALUE;
  private boolean reading;
  private boolean done;
  private @Nullable Buffer readAhead;
  private @Nullable Handler<Buffer> handler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;

  public InputReadStream(Vertx vertx, InputStream input) {
    this(vertx, read -> Blocking.call(vertx, read), input);
  }

  /**
   * For an input that waits for others: it is read on threads of {@code executor}, where it keeps
   * nobody from Vert.x's worker threads.
   */
  public InputReadStream(Vertx vertx, InputStream input, Executor executor) {
    this(vertx, read -> Blocking.call(vertx, executor, read), input);
  }

  private InputReadStream(
      Vertx vertx, Function<Callable<Buffer>, Future<Buffer>> reader, InputStream input) {
    this.context = vertx.getOrCreateContext();
    this.input = input;
    this.reader = reader;
  }

  @Override
  public InputReadStream handler(@Nullable Handler<Buffer> handler) {
    this.handler = handler;
    if (handler != null) {
      context.runOnContext(now -> advance());
    }
    return this;
  }

  @Override
  public InputReadStream endHandler(@Nullable Handler<Void> handler) {
    this.endHandler = handler;
    return this;
  }

  @Override
  public InputReadStream exceptionHandler(@Nullable Handler<Throwable> handler) {
    this.exceptionHandler = handler;
    return this;
  }

  @Override
  public InputReadStream pause() {
    demand = 0;
    return this;
  }

  @Override
  public InputReadStream resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public InputReadStream fetch(long amount) {
    demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
    context.runOnContext(now -> advance());
    return this;
  }

  private void advance() {
    if (done || reading || handler == null || demand == 0) {
      return;
    }
    if (readAhead != null) {
      var chunk = readAhead;
      readAhead = null;
      deliver(chunk);
    } else {
      reading = true;
      reader.apply(this::readChunk).onComplete(this::finishRead, this::fail);
    }
  }

  private Buffer readChunk() throws IOException {
    var chunk = new byte[CHUNK];
    int length = input.readNBytes(chunk, 0, chunk.length);
    return length == chunk.length
        ? Buffer.buffer(chunk)
        : Buffer.buffer(length).appendBytes(chunk, 0, length);
  }

  private void finishRead(Buffer chunk) {
    reading = false;
    if (done) {
      close();
    } else if (demand == 0) {
      readAhead = chunk;
    } else {
      deliver(chunk);
    }
  }

  private void deliver(Buffer chunk) {
    if (chunk.length() == 0) {
      close();
      if (endHandler != null) {
        endHandler.handle(null);
      }
      return;
    }
    if (demand != Long.MAX_VALUE) {
      demand--;
    }
    if (handler != null) {
      handler.handle(chunk);
    }
    advance();
  }

  private void fail(Throwable cause) {
    reading = false;
    boolean abandoned = done;
    close();
    if (!abandoned && exceptionHandler != null) {
      exceptionHandler.handle(cause);
    }
  }

  /** Stops, and closes the input; a read that is under way ends first. */
  @Override
  public void close() {
    done = true;
    if (reading) {
      return;
    }
    try {
      input.close();
    } catch (IOException closedAnyway) {
      // All that was wanted has been read.
    }
  }
}
