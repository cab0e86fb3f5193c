package dropship.blobstore.server;

import dropship.blobstore.log.Call;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Lets requests pass whose sender may do something, and fails the others with {@link LoginRefused}.
 * A request that has to wait is paused meanwhile; to those who come next it is as if it had just
 * arrived.
 */
public final class Login implements Handler<RoutingContext> {
  private final Users users;
  private final Attempts attempts;
  private final Optional<User.Action> action;
  private final Counter failures;
  private final Counter delays;
  private final Counter refusals;

  /**
   * @param action what one of {@code users} must be allowed to do; empty = any of them will do
   */
  public Login(Users users, Optional<User.Action> action, MeterRegistry metrics) {
    this.users = users;
    this.attempts = users.attempts();
    this.action = action;
    this.failures = counter(metrics, "failure");
    this.delays = counter(metrics, "delayed");
    this.refusals = counter(metrics, "refused");
  }

  private static Counter counter(MeterRegistry metrics, String result) {
    return Counter.builder("dropship.logins")
        .description(
            "Logins that failed, were delayed though right, or were refused without a look")
        .tag("result", result)
        .register(metrics);
  }

  @Override
  public void handle(RoutingContext context) {
    Credentials.in(context.request())
        .ifPresentOrElse(given -> check(context, given), () -> challenge(context));
  }

  private void check(RoutingContext context, Credentials given) {
    var place = Attempts.placeOf(context.request().remoteAddress().hostAddress());
    var attempt = new Attempts.Attempt(place, given, users.find(given));
    attempts
        .waitFor(attempt)
        .ifPresentOrElse(wait -> answerAfter(wait, context, attempt), () -> refuse(context));
  }

  private void answerAfter(Duration wait, RoutingContext context, Attempts.Attempt attempt) {
    if (!attempt.isRight()) {
      failures.increment();
    } else if (!wait.isZero()) {
      delays.increment();
    }
    if (wait.isZero()) {
      answer(context, attempt);
      return;
    }
    context.request().pause();
    var timer = context.vertx().timer(wait.toNanos(), TimeUnit.NANOSECONDS);
    Call.current().ifPresent(call -> call.onEnd(ended -> timer.cancel())); // in case it hangs up
    timer.onComplete(over -> {
      attempts.gone();
      if (over.succeeded()) {
        context.request().resume();
        answer(context, attempt);
      }
    });
  }

  private void answer(RoutingContext context, Attempts.Attempt attempt) {
    attempts.answered(attempt);
    if (attempt.user().isEmpty()) {
      challenge(context);
    } else if (action.isPresent() && !attempt.user().get().may(action.get())) {
      fail(
          context,
          403,
          "user '" + attempt.user().get().name() + "' lacks the action " + action.get());
    } else {
      context.next();
    }
  }

  private void challenge(RoutingContext context) {
    context.response().putHeader("WWW-Authenticate", "Basic realm=\"dropship\"");
    var wanted = "a user" + action.map(may -> " with the action " + may).orElse("");
    boolean somebody = action.map(users::anybodyMay).orElse(!users.isEmpty());
    fail(
        context,
        401,
        somebody
            ? "the name and the password of " + wanted + " are needed"
            : "nobody may do this: configure " + wanted);
  }

  private void refuse(RoutingContext context) {
    refusals.increment();
    context.response().putHeader("Retry-After", Long.toString(Attempts.LONGEST_WAIT.toSeconds()));
    fail(context, 429, "too many wrong passwords have come from your address: try again later");
  }

  private static void fail(RoutingContext context, int status, String reason) {
    context.fail(new LoginRefused(status, reason));
  }
}
