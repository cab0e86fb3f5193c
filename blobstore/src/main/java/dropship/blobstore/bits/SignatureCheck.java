package dropship.blobstore.bits;

import dropship.blobstore.http.Routing;
import dropship.blobstore.signing.SignedPath;
import dropship.blobstore.signing.SignedUrls;
import io.vertx.core.Handler;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets signed requests pass, and answers all others with 403. It belongs in front of each resource
 * route of the public side; that routes have it, and not the router, is so that a method which no
 * route has is a 405, signed or not.
 */
public final class SignatureCheck implements Handler<RoutingContext> {
  private static final Logger LOG = LoggerFactory.getLogger(SignatureCheck.class);
  private static final String AMBIGUOUS = "its URL cannot be decoded in one way only";

  private final SignedUrls urls;

  public SignatureCheck(SignedUrls urls) {
    this.urls = urls;
  }

  /**
   * Comes before all routes, and refuses what cannot be signed however it is routed. A router that
   * finds out itself that it cannot decode a URL logs all of it.
   */
  public void addTo(Router router) {
    router
        .route()
        .handler(context -> {
          if (pathIn(context).isPresent()) {
            context.next();
          } else {
            refuse(context, AMBIGUOUS);
          }
        });
  }

  /**
   * Routes match a normalized path and decode their parameters; what is verified is the path as it
   * was sent, decoded. They are the same resource, as a path that normalizing would change in more
   * than its escapes is refused.
   */
  @Override
  public void handle(RoutingContext context) {
    var path = pathIn(context);
    var refusal = path.isEmpty() ? Optional.of(AMBIGUOUS) : refusal(context, path.get());
    if (refusal.isEmpty()) {
      context.next();
    } else {
      refuse(context, refusal.get());
    }
  }

  private Optional<String> refusal(RoutingContext context, SignedPath path) {
    var query = context.queryParams();
    return urls.refusal(context.request().method().name(), path, query::getAll);
  }

  /** The path of a request, if all of its URL can be decoded, and in one way only. */
  static Optional<SignedPath> pathIn(RoutingContext context) {
    try {
      var _ = context.queryParams();
    } catch (HttpException malformed) {
      return Optional.empty();
    }
    return Optional.ofNullable(context.request().path()).flatMap(SignedPath::ofEncoded);
  }

  private static void refuse(RoutingContext context, String reason) {
    var request = context.request();
    LOG.debug("{} {} refused: {}", request.method(), request.path(), reason);
    Routing.refuse(request, 403, Optional.empty());
  }
}
