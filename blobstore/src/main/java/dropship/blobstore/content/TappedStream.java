package dropship.blobstore.content;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.time.Duration;
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
  private final Vertx vertx;
  private final long watch;
  private final ReadStream<Buffer> source;
  private final Conduit tap;
  private final Supplier<Future<?>> gate;
  private long demand = Long.MAX_VALUE;
  private boolean tapFull;
  private boolean ended; // or failed
  private long lastArrival = System.nanoTime();
  private @Nullable Throwable failure;
  private @Nullable Handler<Buffer> handler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;

  /**
   * Taps {@code source}, which must be paused.
   *
   * @param patience how long nothing may arrive while something is wanted, before this fails
   */
  public TappedStream(
      Vertx vertx,
      ReadStream<Buffer> source,
      Conduit tap,
      Supplier<Future<?>> gate,
      Duration patience) {
    this.vertx = vertx;
    this.source = source;
    this.tap = tap;
    this.gate = gate;
    this.watch = vertx.setPeriodic(patience.toMillis() / 4, now -> failIfStalled(patience));
    source.pause();
    source.exceptionHandler(this::fail);
    source.endHandler(this::end);
    source.handler(this::pass);
  }

  private void pass(Buffer chunk) {
    lastArrival = System.nanoTime();
    if (demand != Long.MAX_VALUE && --demand == 0) {
      source.pause();
    }
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

  private void end(@Nullable Void sourceEnded) {
    ended = true;
    vertx.cancelTimer(watch);
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

  private void failIfStalled(Duration patience) {
    boolean flowing = demand > 0 && !tapFull;
    if (flowing && System.nanoTime() - lastArrival > patience.toNanos()) {
      fail(new IOException("nothing arrived for " + patience.toSeconds() + " seconds"));
    }
  }

  private void fail(Throwable cause) {
    if (ended) {
      return; // what was to come has come
    }
    ended = true;
    vertx.cancelTimer(watch);
    tap.fail(cause);
    tellFailure(cause);
  }

  /** Nothing more is expected: the watch over the source ends. */
  public void stop() {
    ended = true;
    vertx.cancelTimer(watch);
  }

  private void tellFailure(Throwable cause) {
    failure = cause;
    if (exceptionHandler != null) {
      exceptionHandler.handle(cause);
    }
  }

  private void flow() {
    if (demand > 0 && !tapFull) {
      lastArrival = System.nanoTime();
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
    demand = 0;
    source.pause();
    return this;
  }

  @Override
  public TappedStream resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public TappedStream fetch(long amount) {
    demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
    flow();
    return this;
  }
}
