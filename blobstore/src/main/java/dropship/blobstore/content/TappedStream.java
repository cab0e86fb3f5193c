package dropship.blobstore.content;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Passes a stream on unchanged while a {@link Conduit} gets the same bytes. The slower of the two
 * sets the pace, so memory stays bounded by what the conduit may hold.
 *
 * <p>The end is held back until {@code gate} opens: whoever stores this stream stores it only when
 * the reader of the conduit has succeeded, and not at all when that has failed. Use it on one
 * context.
 */
public final class TappedStream implements ReadStream<Buffer> {
  private final ReadStream<Buffer> source;
  private final Conduit tap;
  private final Supplier<Future<?>> gate;
  private boolean wanted = true;
  private boolean tapFull;
  private @Nullable Throwable failure;
  private @Nullable Handler<Buffer> handler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;

  public TappedStream(ReadStream<Buffer> source, Conduit tap, Supplier<Future<?>> gate) {
    this.source = source;
    this.tap = tap;
    this.gate = gate;
    source.pause();
    source.exceptionHandler(this::fail);
    source.endHandler(this::end);
    source.handler(this::pass);
  }

  private void pass(Buffer chunk) {
    tap.write(chunk);
    if (tap.writeQueueFull()) {
      tapFull = true;
      source.pause();
      tap.drainHandler(drained -> {
        tapFull = false;
        flow();
      });
    }
    if (handler != null) {
      handler.handle(chunk);
    }
  }

  private void end(@Nullable Void ended) {
    tap.end();
    gate.get()
        .onComplete(
            open -> {
              if (endHandler != null) {
                endHandler.handle(null);
              }
            },
            this::tellFailure);
  }

  private void fail(Throwable cause) {
    tap.fail(cause);
    tellFailure(cause);
  }

  private void tellFailure(Throwable cause) {
    failure = cause;
    if (exceptionHandler != null) {
      exceptionHandler.handle(cause);
    }
  }

  private void flow() {
    if (wanted && !tapFull) {
      source.resume();
    }
  }

  @Override
  public TappedStream handler(@Nullable Handler<Buffer> handler) {
    this.handler = handler;
    if (handler != null) {
      flow();
    }
    return this;
  }

  @Override
  public TappedStream endHandler(@Nullable Handler<Void> handler) {
    this.endHandler = handler;
    return this;
  }

  /** A handler that comes after the failure is told at once: whoever stores this may begin late. */
  @Override
  public TappedStream exceptionHandler(@Nullable Handler<Throwable> handler) {
    this.exceptionHandler = handler;
    if (handler != null && failure != null) {
      handler.handle(failure);
    }
    return this;
  }

  @Override
  public TappedStream pause() {
    wanted = false;
    source.pause();
    return this;
  }

  @Override
  public TappedStream resume() {
    wanted = true;
    flow();
    return this;
  }

  /** As {@link #resume}: chunks are not counted, because they differ in size anyway. */
  @Override
  public TappedStream fetch(long amount) {
    return resume();
  }
}
