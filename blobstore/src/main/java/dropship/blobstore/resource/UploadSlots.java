package dropship.blobstore.resource;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Each upload has threads and buffers of its own, so their number bounds the memory they take. Some
 * more wait in line, with only what the kernel holds of them; clients are slowed down rather than
 * refused. The rest is refused.
 */
public final class UploadSlots {
  private final Vertx vertx;
  private final int most;
  private final int longestLine;
  private final ArrayDeque<Promise<Void>> line = new ArrayDeque<>();
  private int taken;

  /** As many run as {@code most}, and as many wait as {@code longestLine}. */
  public UploadSlots(Vertx vertx, int most, int longestLine) {
    this.vertx = vertx;
    this.most = most;
    this.longestLine = longestLine;
  }

  /**
   * Runs {@code upload} when it is its turn, on this context.
   *
   * @param body paused; if it breaks off meanwhile its place in the line is given up
   */
  <T> Future<T> run(ReadStream<Buffer> body, Supplier<Future<T>> upload) {
    return run(enter(Optional.of(body)), upload);
  }

  /** Runs {@code upload}, which nobody gives up, when it is its turn, on this context. */
  public <T> Future<T> run(Supplier<Future<T>> upload) {
    return run(enter(Optional.empty()), upload);
  }

  private <T> Future<T> run(Future<Void> turn, Supplier<Future<T>> upload) {
    return turn.compose(entered ->
        // What is thrown must free the slot as well.
        Future.<T>future(done -> upload.get().onComplete(done)).onComplete(ended -> leave()));
  }

  private synchronized Future<Void> enter(Optional<ReadStream<Buffer>> body) {
    if (taken < most) {
      taken++;
      return Future.succeededFuture();
    }
    if (line.size() >= longestLine) {
      return Future.failedFuture(new TooManyUploads(most, longestLine));
    }
    var place = Promise.<Void>promise();
    line.addLast(place);
    body.ifPresent(stream -> stream.exceptionHandler(gone -> giveUp(place, gone)));
    // It goes on where the body belongs, whoever makes room.
    var context = vertx.getOrCreateContext();
    return Future.<Void>future(
        turn -> place.future().onComplete(come -> context.runOnContext(now -> turn.handle(come))));
  }

  private void giveUp(Promise<Void> place, Throwable gone) {
    boolean waited;
    synchronized (this) {
      waited = line.remove(place);
    }
    if (waited) {
      place.fail(gone);
    }
  }

  private void leave() {
    Promise<Void> next;
    synchronized (this) {
      next = line.pollFirst();
      if (next == null) {
        taken--;
      }
    }
    if (next != null) {
      next.complete();
    }
  }
}
