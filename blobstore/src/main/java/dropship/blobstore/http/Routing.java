package dropship.blobstore.http;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/** What all our routes have in common. */
public final class Routing {
  /** What may have been said already of the answer that is not given. */
  private static final List<CharSequence> DESCRIBING =
      List.of(
          HttpHeaders.ETAG,
          HttpHeaders.ACCEPT_RANGES,
          HttpHeaders.CACHE_CONTROL,
          HttpHeaders.CONTENT_LENGTH,
          HttpHeaders.CONTENT_TYPE,
          "Docker-Content-Digest");

  private Routing() {}

  /** A handler whose failures, thrown or in the future, go to the router's failure handler. */
  public static Handler<RoutingContext> to(Function<RoutingContext, Future<Void>> action) {
    return context ->
        Future.<Void>future(done -> action.apply(context).onComplete(done))
            .onFailure(context::fail);
  }

  /** A parameter that the route's template has, so it is there. */
  public static String param(RoutingContext context, String name) {
    return Objects.requireNonNull(context.pathParam(name));
  }

  /**
   * Whether a failed request can still be answered. If its answer has begun, the connection is
   * closed: half an answer must not look like a whole one.
   */
  public static boolean canAnswer(RoutingContext context) {
    var response = context.response();
    if (response.headWritten() && !response.ended()) {
      context.request().connection().close();
    }
    return !response.headWritten() && !response.ended() && !response.closed();
  }

  /**
   * The status of a failure without a cause: the router's own, which for a malformed path is none.
   */
  public static int statusOf(RoutingContext context) {
    return context.statusCode() < 400 ? 400 : context.statusCode();
  }

  /**
   * Sends a client elsewhere, to a URL that whoever sees it may use for a while: nobody keeps the
   * answer, and no log has it.
   */
  public static Future<Void> redirect(RoutingContext context, int status, URI to) {
    return context
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.LOCATION, to.toString())
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .putHeader(HttpHeaders.CONTENT_LENGTH, "0")
        .end();
  }

  /**
   * Refuses a request. Where its body has not been read the connection is closed after the answer:
   * what is still to come would be taken for the next request.
   */
  public static void refuse(HttpServerRequest request, int status, Optional<Buffer> json) {
    var response = request.response().setStatusCode(status);
    DESCRIBING.forEach(response.headers()::remove);
    json.ifPresent(body ->
        response
            .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
            .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length())));
    boolean unread =
        !request.isEnded()
            && (request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                || request.headers().contains(HttpHeaders.TRANSFER_ENCODING));
    if (unread) {
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    boolean empty = json.isEmpty() || HttpMethod.HEAD.equals(request.method());
    var sent = empty ? response.end() : response.end(json.get());
    if (unread) {
      sent.onComplete(done -> request.connection().close());
    } else {
      request.resume(); // it may have been paused, and has nothing to bring
    }
  }
}
