package dropship.scheduler.opi;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Supplier;

/** Lets so many things happen at once, in the order in which they were asked for. */
final class Turns {
  private final Vertx vertx;
  private final int most;
  private final int mostWaiting;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int taken;

  Turns(Vertx vertx, int most, int mostWaiting) {
    this.vertx = vertx;
    this.most = most;
    this.mostWaiting = mostWaiting;
  }

  /** Does something when it is its turn, on the context it was asked for on. */
  <T> Future<T> take(Supplier<Future<T>> action) {
    return turn()
        .compose(mine ->
            Future.<T>future(done -> action.get().onComplete(done)).onComplete(over -> next()));
  }

  private synchronized Future<Void> turn() {
    if (taken < most) {
      taken++;
      return Future.succeededFuture();
    }
    if (waiting.size() >= mostWaiting) {
      return Future.failedFuture(new IOException("too much is asked for at once"));
    }
    var context = vertx.getOrCreateContext();
    var turn = Promise.<Void>promise();
    waiting.add(() -> context.runOnContext(now -> turn.complete()));
    return turn.future();
  }

  /** A turn that ends is the next one's. */
  private synchronized void next() {
    var next = waiting.poll();
    if (next == null) {
      taken--;
    } else {
      next.run();
    }
  }
}
