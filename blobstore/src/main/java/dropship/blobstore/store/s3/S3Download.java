package dropship.blobstore.store.s3;

import dropship.blobstore.content.CloseableStream;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * A blob on its way from S3. Brings bytes from the SDK's threads to the reader's context, and asks
 * for no more than a few chunks ahead of it. An end before all bytes have come is a failure.
 */
final class S3Download implements CloseableStream, Subscriber<ByteBuffer> {
  /** Of at most 16 KiB each. */
  private static final int CHUNKS_AHEAD = 32;

  private final Vertx vertx;
  private final Context context;
  private final String attempt;
  private final long length;
  private final Duration patience;

  // What follows is guarded by this.
  private final Queue<ByteBuffer> waiting = new ArrayDeque<>();
  private @Nullable Subscription subscription;
  private int asked;
  private long received;
  private boolean awake;
  private boolean complete;
  private @Nullable Throwable broken;
  private boolean over;
  private long demand = Long.MAX_VALUE;
  private long waitingSince = System.nanoTime();
  private long watch = -1;
  private @Nullable Handler<Buffer> handler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;

  /**
   * @param attempt what is done here, for failures
   * @param length how many bytes must come
   * @param patience how long nothing may come while something is wanted
   */
  S3Download(Vertx vertx, Context context, String attempt, long length, Duration patience) {
    this.vertx = vertx;
    this.context = context;
    this.attempt = attempt;
    this.length = length;
    this.patience = patience;
  }

  @Override
  public void onSubscribe(Subscription begun) {
    synchronized (this) {
      subscription = begun;
      if (over) {
        begun.cancel();
      }
    }
    context.runOnContext(this::deliver); // the reader may have been here first
  }

  @Override
  public void onNext(ByteBuffer chunk) {
    synchronized (this) {
      asked--;
      received += chunk.remaining();
      waitingSince = System.nanoTime();
      waiting.add(chunk);
      if (awake) {
        return; // whoever comes takes all there is
      }
      awake = true;
    }
    context.runOnContext(this::deliver);
  }

  @Override
  public void onComplete() {
    synchronized (this) {
      complete = true;
      if (received != length) {
        broken =
            new IOException(
                "%s: %d bytes arrived, expected %d".formatted(attempt, received, length));
      }
    }
    context.runOnContext(this::deliver);
  }

  @Override
  public void onError(Throwable cause) {
    synchronized (this) {
      broken = Failures.of(attempt, cause);
    }
    context.runOnContext(this::deliver);
  }

  private void deliver(@Nullable Void now) {
    while (true) {
      Buffer chunk;
      Handler<Buffer> to;
      synchronized (this) {
        awake = false;
        if (over || handler == null || (demand == 0 && broken == null)) {
          return;
        }
        startWatch();
        if (waiting.isEmpty() || demand == 0) {
          break;
        }
        if (demand != Long.MAX_VALUE) {
          demand--;
        }
        chunk = takeAll();
        to = handler;
      }
      to.handle(chunk);
    }
    if (!tellEnd()) {
      askForMore();
    }
  }

  /** What has come meanwhile as one: chunks of the network are small. */
  private Buffer takeAll() {
    var all = Buffer.buffer(waiting.stream().mapToInt(ByteBuffer::remaining).sum());
    for (var next = waiting.poll(); next != null; next = waiting.poll()) {
      if (next.hasArray()) {
        all.appendBytes(next.array(), next.arrayOffset() + next.position(), next.remaining());
      } else {
        var bytes = new byte[next.remaining()];
        next.get(bytes);
        all.appendBytes(bytes);
      }
    }
    return all;
  }

  private boolean tellEnd() {
    Handler<Throwable> failed;
    Handler<Void> ended;
    Throwable cause;
    synchronized (this) {
      if (broken == null && !complete) {
        return false;
      }
      cause = broken;
      failed = exceptionHandler;
      ended = endHandler;
      finish();
    }
    if (cause == null && ended != null) {
      ended.handle(null);
    } else if (cause != null && failed != null) {
      failed.handle(cause);
    }
    return true;
  }

  private void askForMore() {
    Subscription from;
    int more;
    synchronized (this) {
      from = subscription;
      more = over ? 0 : CHUNKS_AHEAD - asked - waiting.size();
      if (from == null || more < CHUNKS_AHEAD / 2) {
        return;
      }
      asked += more;
    }
    from.request(more);
  }

  private void startWatch() {
    if (watch < 0) {
      watch = vertx.setPeriodic(Math.max(1, patience.toMillis() / 4), now -> failIfStalled());
    }
  }

  private void failIfStalled() {
    synchronized (this) {
      boolean wanted = demand > 0 && handler != null && waiting.isEmpty();
      if (!wanted || System.nanoTime() - waitingSince < patience.toNanos()) {
        return;
      }
      cancel();
      broken =
          Failures.of(
              attempt, new TimeoutException("nothing came for " + patience.toSeconds() + " s"));
    }
    deliver(null);
  }

  private void finish() {
    over = true;
    waiting.clear();
    vertx.cancelTimer(watch);
  }

  private void cancel() {
    if (subscription != null) {
      subscription.cancel();
    }
  }

  @Override
  public synchronized void close() {
    if (!over) {
      finish();
      cancel();
    }
  }

  @Override
  public synchronized S3Download handler(@Nullable Handler<Buffer> handler) {
    this.handler = handler;
    if (handler != null) {
      wake();
    }
    return this;
  }

  @Override
  public synchronized S3Download endHandler(@Nullable Handler<Void> handler) {
    this.endHandler = handler;
    return this;
  }

  @Override
  public synchronized S3Download exceptionHandler(@Nullable Handler<Throwable> handler) {
    this.exceptionHandler = handler;
    return this;
  }

  @Override
  public synchronized S3Download pause() {
    demand = 0;
    return this;
  }

  @Override
  public S3Download resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public synchronized S3Download fetch(long amount) {
    demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
    wake();
    return this;
  }

  private void wake() {
    waitingSince = System.nanoTime();
    context.runOnContext(this::deliver);
  }
}
