package dropship.scheduler.opi;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;

/**
 * Reads bodies whole, whatever their type is said to be: Cloud Controller's client calls its JSON a
 * form.
 */
final class Body {
  /** More than twice of what Kubernetes keeps of anything. */
  private static final int MOST = 4 << 20;

  private static final long PATIENCE_MILLIS = Duration.ofSeconds(30).toMillis();

  private Body() {}

  /** A body that is not taken. */
  static final class Refused extends RuntimeException {
    private final int status;

    Refused(int status, String reason) {
      super(reason);
      this.status = status;
    }

    int status() {
      return status;
    }
  }

  /**
   * @param request paused; it is left unread where its body is refused
   */
  static Future<Buffer> read(Vertx vertx, HttpServerRequest request) {
    if (declared(request) > MOST) {
      return Future.failedFuture(tooLarge());
    }
    var whole = Promise.<Buffer>promise();
    var body = Buffer.buffer();
    long patience =
        vertx.setTimer(
            PATIENCE_MILLIS,
            late -> whole.tryFail(new Refused(408, "the body has not come in 30 s")));
    request
        .handler(chunk -> {
          if (body.length() + chunk.length() <= MOST) {
            body.appendBuffer(chunk);
          } else {
            request.pause();
            whole.tryFail(tooLarge());
          }
        })
        .exceptionHandler(whole::tryFail)
        .endHandler(end -> whole.tryComplete(body))
        .resume();
    return whole.future().onComplete(done -> vertx.cancelTimer(patience));
  }

  private static Refused tooLarge() {
    return new Refused(413, "the body is larger than " + (MOST >> 20) + " MiB");
  }

  private static long declared(HttpServerRequest request) {
    var length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return length == null ? 0 : Long.parseLong(length); // what is no number is no request
  }
}
