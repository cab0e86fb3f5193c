package dropship.blobstore.server;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.HostAndPort;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Tells surfaces on one listener apart by the host a request is for (bits-service, "Three virtual
 * hosts on the same listener"). Where several have the same, paths below {@code /v2} are the
 * registry's, and of the others the first counts.
 */
final class VirtualHosts implements Handler<HttpServerRequest> {
  private static final String REGISTRY = "registry";
  private static final Pattern ABSOLUTE = Pattern.compile("(?i)https?://([^/?#]*)");
  private final List<Site> sites;
  private final Handler<HttpServerRequest> strangers;

  /** A surface and what answers for it. */
  record Site(Surface surface, Handler<HttpServerRequest> handler) {
    boolean owns(String path) {
      boolean v2 = path.equals("/v2") || path.startsWith("/v2/");
      return v2 == surface.name().equals(REGISTRY);
    }
  }

  /**
   * @param name under which requests for none of {@code sites} are logged
   */
  VirtualHosts(String name, List<Site> sites) {
    this.sites = sites;
    this.strangers = new AccessLog(name, this::refuse);
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (sites.size() == 1) {
      sites.getFirst().handler.handle(request); // whatever it is called
      return;
    }
    var host = hostOf(request);
    var path = request.path() == null ? "" : request.path();
    var called = sites.stream().filter(site -> site.surface.isCalled(host)).toList();
    called.stream()
        .filter(site -> site.owns(path))
        .findFirst()
        .or(() -> called.stream().filter(site -> site.surface.host().isPresent()).findFirst())
        .map(Site::handler)
        .orElse(strangers)
        .handle(request);
  }

  /** A first line with a whole URL in it counts more than the header (RFC 9112 section 3.2.2). */
  private static String hostOf(HttpServerRequest request) {
    var url = ABSOLUTE.matcher(request.uri());
    var authority =
        url.lookingAt() ? HostAndPort.parseAuthority(url.group(1), -1) : request.authority();
    return authority == null ? "" : authority.host().toLowerCase(Locale.ROOT);
  }

  private void refuse(HttpServerRequest request) {
    var known =
        sites.stream()
            .map(Site::surface)
            .filter(surface -> surface.name().equals("public"))
            .findFirst()
            .flatMap(Surface::host)
            .map(name -> " External clients should use hostname '" + name + "'.")
            .orElse("");
    var body =
        new JsonObject()
            .put("description", "Invalid host '" + hostOf(request) + "'." + known)
            .toBuffer();
    request
        .response()
        .setStatusCode(400)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
        .end(Buffer.buffer().appendBuffer(body))
        .onComplete(sent -> request.connection().close());
  }
}
