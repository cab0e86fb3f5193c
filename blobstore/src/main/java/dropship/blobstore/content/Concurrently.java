package dropship.blobstore.content;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Does the same with each of many things, a few at a time. */
public final class Concurrently<T, R> {
  private final List<T> items;
  private final int atOnce;
  private final Function<T, Future<R>> action;
  private final @Nullable Object[] results;
  private final Promise<List<R>> done = Promise.promise();
  private int begun;
  private int underWay;
  private boolean beginning;
  private @Nullable Throwable failure;

  private Concurrently(List<T> items, int atOnce, Function<T, Future<R>> action) {
    this.items = items;
    this.atOnce = atOnce;
    this.action = action;
    this.results = new Object[items.size()];
  }

  /**
   * What {@code action} makes of each of {@code items}, in their order, with at most {@code atOnce}
   * under way. After a failure no more are begun, and those under way end before it is told.
   */
  public static <T, R> Future<List<R>> map(
      List<T> items, int atOnce, Function<T, Future<R>> action) {
    var all = new Concurrently<>(items, atOnce, action);
    all.begin();
    return all.done.future();
  }

  /** A loop, not a recursion: actions that are done at once would make it as deep as the list. */
  private void begin() {
    synchronized (this) {
      if (beginning) {
        return; // whoever is at it sees that there is room
      }
      beginning = true;
    }
    for (int index = next(); index >= 0; index = next()) {
      int mine = index;
      Future.<Void>succeededFuture()
          .compose(now -> action.apply(items.get(mine)))
          .onComplete(result -> end(mine, result), failed -> fail(failed));
    }
  }

  private synchronized int next() {
    if (begun < items.size() && underWay < atOnce && failure == null) {
      underWay++;
      return begun++;
    }
    beginning = false;
    if (underWay == 0) {
      tell();
    }
    return -1;
  }

  @SuppressWarnings("unchecked") // only R are put in
  private void tell() {
    if (failure == null) {
      done.tryComplete((List<R>) Arrays.asList(results));
    } else {
      done.tryFail(failure);
    }
  }

  private void end(int index, R result) {
    synchronized (this) {
      results[index] = result;
      underWay--;
    }
    begin();
  }

  private void fail(Throwable cause) {
    synchronized (this) {
      failure = failure == null ? cause : failure;
      underWay--;
    }
    begin();
  }
}
