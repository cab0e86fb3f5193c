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
  private static final long NEXT_TO_NOTHING = 16 * 1024;

  private final Vertx vertx;
  private final long watch;
  private final ReadStream<Buffer> source;
  private final Conduit tap;
  private final Supplier<Future<?>> gate;
  private long demand = Long.MAX_VALUE;
  private boolean tapFull;
  private boolean ended; // or failed

  private boolean flowing;

  /** Since when it has been flowing, or has last been looked at, and what has come since then. */
  private long since = System.nanoTime();

  private long arrived;
  private @Nullable Throwable failure;
  private @Nullable Handler<Buffer> handler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;

  /**
   * Taps {@code source}, which must be paused.
   *
   * @param patience how long next to nothing may arrive while something is wanted, before this
   *     fails
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
    arrived += chunk.length();
    if (demand != Long.MAX_VALUE && --demand == 0) {
      hold();
    }
    tap.write(chunk);
    if (tap.writeQueueFull()) {
      tapFull = true;
      hold();
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

  /** A client that sends a byte now and then holds as much as one that sends none. */
  private void failIfStalled(Duration patience) {
    if (!flowing || System.nanoTime() - since < patience.toNanos()) {
      return;
    }
    if (arrived < NEXT_TO_NOTHING) {
      fail(
          new IOException(
              "%d bytes arrived in %d seconds, which is too little to go on"
                  .formatted(arrived, patience.toSeconds())));
    }
    restartWatch();
  }

  private void restartWatch() {
    since = System.nanoTime();
    arrived = 0;
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
    if (demand > 0 && !tapFull && !flowing) {
      flowing = true;
      restartWatch();
      source.resume();
    }
  }

  private void hold() {
    flowing = false;
    source.pause();
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
    hold();
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
