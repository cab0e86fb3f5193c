package dropship.registry.v2;

import dropship.blobstore.http.RangeRefused;
import dropship.blobstore.http.Routing;
import dropship.blobstore.resource.TooManyUploads;
import dropship.blobstore.server.LoginRefused;
import dropship.blobstore.store.BlobNotFound;
import dropship.blobstore.store.StoreUnavailable;
import dropship.registry.image.NoActiveRootfs;
import dropship.registry.image.NoImage;
import dropship.registry.oci.OciError;
import dropship.registry.oci.OciFailure;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers failed requests in the specification's form (distribution-spec, "Error Codes"), the
 * framework's own 4xx included. What is not a refusal is our bug: logged, and answered as a bare
 * 500.
 */
final class ErrorResponse {
  private static final Logger LOG = LoggerFactory.getLogger(ErrorResponse.class);
  private static final String RETRY_SECONDS = "10";

  private ErrorResponse() {}

  static void send(RoutingContext context) {
    if (!Routing.canAnswer(context)) {
      return;
    }
    var response = context.response();
    switch (context.failure()) {
      case null -> sendStatus(context);
      case OciFailure failure ->
          send(context.request(), failure.error().status(), failure.error(), failure.message());
      case LoginRefused refused ->
          send(
              context.request(),
              refused.status(),
              codeOf(refused),
              String.valueOf(refused.getMessage()));
      case RangeRefused range -> {
        range.addTo(response);
        send(
            context.request(),
            range.status(),
            OciError.SIZE_INVALID,
            String.valueOf(range.getMessage()));
      }
      case NoImage unsuitable ->
          send(context.request(), 403, OciError.DENIED, String.valueOf(unsuitable.getMessage()));
      case NoActiveRootfs none -> {
        response.putHeader("Retry-After", RETRY_SECONDS);
        send(context.request(), 503, OciError.UNAVAILABLE, String.valueOf(none.getMessage()));
      }
      case TooManyUploads busy -> {
        response.putHeader("Retry-After", RETRY_SECONDS);
        send(
            context.request(),
            503,
            OciError.UNAVAILABLE,
            "droplets are being converted: " + busy.getMessage());
      }
      case BlobNotFound missing -> {
        LOG.error("{}: a record names it, but {}", context.request().path(), missing.getMessage());
        send(context.request(), 404, OciError.BLOB_UNKNOWN, "the blob is not in the store");
      }
      case Throwable failure when StoreUnavailable.isBehind(failure) -> {
        LOG.error("{} {}", context.request().method(), context.request().path(), failure);
        response.putHeader("Retry-After", RETRY_SECONDS);
        send(context.request(), 503, OciError.UNAVAILABLE, "the store does not answer");
      }
      case Throwable bug -> {
        LOG.error("{} {} failed", context.request().method(), context.request().path(), bug);
        Routing.refuse(context.request(), 500, Optional.empty());
      }
    }
  }

  private static OciError codeOf(LoginRefused refused) {
    return switch (refused.status()) {
      case 401 -> OciError.UNAUTHORIZED;
      case 403 -> OciError.DENIED;
      default -> OciError.TOOMANYREQUESTS;
    };
  }

  private static void sendStatus(RoutingContext context) {
    var request = context.request();
    int status = Routing.statusOf(context);
    switch (status) {
      case 404 -> send(request, 404, OciError.UNSUPPORTED, "there is nothing at " + request.path());
      case 405 ->
          send(request, 405, OciError.UNSUPPORTED, request.method() + " is not offered here");
      default -> send(request, status, OciError.UNSUPPORTED, "the request cannot be served");
    }
  }

  /** Answers a request that is no HTTP we understand, or too long. */
  static void malformed(HttpServerRequest request) {
    var cause = request.decoderResult().cause();
    var what = cause == null ? "malformed" : String.valueOf(cause.getMessage());
    boolean line = what.contains("line is larger");
    boolean headers = what.contains("header is larger");
    send(
        request,
        line ? 414 : headers ? 431 : 400,
        OciError.UNSUPPORTED,
        "not a request we can read: " + what);
    request.connection().close();
  }

  static void send(HttpServerRequest request, int status, OciError error, String message) {
    var body =
        new JsonObject()
            .put(
                "errors",
                JsonArray.of(new JsonObject().put("code", error.name()).put("message", message)));
    Routing.refuse(request, status, Optional.of(body.toBuffer()));
  }
}
