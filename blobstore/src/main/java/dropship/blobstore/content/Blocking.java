package dropship.blobstore.content;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Runs what blocks off the event loop. The future completes on the context it was asked for on. It
 * fails when there are no threads any more: while a server ends, timers still ask.
 */
public final class Blocking {
  private Blocking() {}

  /** Short work: a few file operations. Runs on Vert.x's worker threads, in no particular order. */
  @SuppressWarnings("NullAway") // Vert.x lets the work answer null, ours never does
  public static <T> Future<T> call(Vertx vertx, Callable<T> work) {
    try {
      return vertx.executeBlocking(work, false);
    } catch (RejectedExecutionException stopped) {
      return Future.failedFuture(stopped);
    }
  }

  /** Long work, or work that waits for others, on threads of its own. */
  public static <T> Future<T> call(Vertx vertx, Executor executor, Callable<T> work) {
    var context = vertx.getOrCreateContext();
    var result = Promise.<T>promise();
    try {
      executor.execute(() -> run(work, context, result));
    } catch (RejectedExecutionException stopped) {
      result.fail(stopped);
    }
    return result.future();
  }

  private static <T> void run(Callable<T> work, Context context, Promise<T> result) {
    Handler<Void> outcome;
    try {
      var value = work.call();
      outcome = now -> result.complete(value);
    } catch (Throwable e) {
      // Errors too: whoever waits for the future must hear of them.
      outcome = now -> result.fail(e);
    }
    try {
      context.runOnContext(outcome);
    } catch (RejectedExecutionException stopped) {
      // There are no event loops any more, and nobody who waits.
    }
  }
}
