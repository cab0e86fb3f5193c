package dropship.registry;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does something again and again, never twice at once. A failure is logged when it begins and when
 * it is over.
 */
final class Repeated {
  private static final Logger LOG = LoggerFactory.getLogger(Repeated.class);

  private final Vertx vertx;
  private final String what;
  private final Supplier<Future<?>> action;
  private boolean failing;

  /**
   * @param what the action is, for the log
   */
  Repeated(Vertx vertx, String what, Supplier<Future<?>> action) {
    this.vertx = vertx;
    this.what = what;
    this.action = action;
  }

  /** From now until the end of {@code vertx}, with a pause after each time. */
  void every(Duration pause) {
    vertx.setTimer(
        Math.max(1, pause.toMillis()),
        now ->
            Future.succeededFuture()
                .compose(go -> action.get())
                .onComplete(done -> worked(), this::failed)
                .onComplete(ended -> every(pause)));
  }

  private void worked() {
    if (failing) {
      LOG.info("{} works again", what);
    }
    failing = false;
  }

  private void failed(Throwable cause) {
    if (!failing) {
      LOG.warn("{} failed; it is tried again", what, cause);
    }
    failing = true;
  }
}
