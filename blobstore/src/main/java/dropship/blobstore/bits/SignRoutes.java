package dropship.blobstore.bits;

import dropship.blobstore.http.Routing;
import dropship.blobstore.signing.SignedPath;
import dropship.blobstore.signing.SignedUrls;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * {@code GET /sign/…}: gives out signed URLs of the public side, whether the resource exists or not
 * (bits-service, "GET /sign/...").
 */
public final class SignRoutes {
  private static final String PREFIX = "/sign";

  /** No segment of a path is empty but perhaps the last, so ids are as they should be. */
  private static final Pattern SIGNABLE =
      Pattern.compile(
          "/packages/[a-z0-9-]+"
              + "|/droplets/.*[^/]"
              + "|/buildpacks(/.*[^/])?"
              + "|/buildpack_cache/entries/(.*[^/])?"
              + "|/app_stash/matches");

  private static final SignedPath MATCHES = new SignedPath("/app_stash/matches");

  private static final Map<String, String> METHODS =
      Map.of("", "GET", "get", "GET", "put", "PUT", "post", "POST");

  private static final Pattern PUBLIC_URL = Pattern.compile("(https?://[^/?#@]+)/?");

  private final SignedUrls urls;
  private final String publicUrl;
  private final Handler<RoutingContext> authenticate;

  /**
   * @param publicUrl what clients reach the public side by: scheme, host and perhaps port
   * @param authenticate lets those who may sign pass, and answers all others
   */
  public SignRoutes(SignedUrls urls, URI publicUrl, Handler<RoutingContext> authenticate) {
    var url = PUBLIC_URL.matcher(publicUrl.toString());
    if (!url.matches()) {
      throw new IllegalArgumentException(
          "the public URL is '" + publicUrl + "', expected http(s)://host:port and no more");
    }
    this.urls = urls;
    this.publicUrl = url.group(1);
    this.authenticate = authenticate;
  }

  public void addTo(Router router) {
    router.get(PREFIX + "/*").handler(authenticate).handler(this::sign);
  }

  private void sign(RoutingContext context) {
    var path = SignatureCheck.pathIn(context).flatMap(SignRoutes::signable);
    if (path.isEmpty()) {
      Routing.refuse(context.request(), 400, Optional.empty());
      return;
    }
    var verb = Objects.requireNonNullElse(context.queryParams().get("verb"), "");
    var method = METHODS.get(verb);
    if (method == null) {
      sendText(context, 400, "Invalid verb: " + verb);
    } else if (path.get().equals(MATCHES) && method.equals("GET")) {
      Routing.refuse(context.request(), 400, Optional.empty()); // matching is asked for by POST
    } else {
      var query = urls.sign(method, path.get());
      sendText(context, 200, publicUrl + path.get().encoded() + "?" + query);
    }
  }

  /** The path of the resource, if that is one for which there are signed URLs. */
  private static Optional<SignedPath> signable(SignedPath asked) {
    var resource = asked.value().substring(PREFIX.length());
    return SIGNABLE.matcher(resource).matches()
        ? Optional.of(new SignedPath(resource.equals("/buildpacks") ? "/buildpacks/" : resource))
        : Optional.empty();
  }

  private static void sendText(RoutingContext context, int status, String text) {
    context
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
        .end(text);
  }
}
