package dropship.blobstore.bits;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;

/**
 * How large a request's body may be, by its {@code Content-Length}, form overhead included
 * (bits-service, "Size limits"), and how long it may take to say what it is.
 *
 * @param bytes 0 = no limit
 * @param patience until a form has come to its file, and JSON to its end
 */
public record UploadLimit(long bytes, Duration patience) {
  /** A refused body is read to its end up to this size: Ruby's client cannot see a 413 before. */
  private static final long DRAINED_AT_MOST = 4L << 30;

  /**
   * Lets {@code request} (paused) pass, or fails with a {@link BitsFailure}. A client that waits
   * for leave to send its body gets it here, and only here: a refused body then costs nothing.
   */
  Future<Void> admit(HttpServerRequest request) {
    var header = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    boolean waits = "100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT));
    if (bytes > 0 && header == null) {
      return Future.failedFuture(
          BitsFailure.badRequest("HTTP header does not contain Content-Length"));
    }
    long length = header == null ? 0 : Long.parseLong(header);
    if (bytes == 0 || length <= bytes) {
      return waits ? request.response().writeContinue() : Future.succeededFuture();
    }
    var refused = BitsFailure.tooLarge("a body of " + length + " bytes, expected at most " + bytes);
    return waits || length > DRAINED_AT_MOST
        ? Future.failedFuture(refused)
        : drain(request).transform(drained -> Future.failedFuture(refused));
  }

  private static Future<Void> drain(HttpServerRequest request) {
    var drained = Promise.<Void>promise();
    request.exceptionHandler(drained::tryFail);
    request.endHandler(drained::tryComplete);
    request.handler(dropped -> {});
    request.resume();
    return drained.future();
  }
}
