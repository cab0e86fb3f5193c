package dropship.registry.v2;

import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.HEAD;

import dropship.blobstore.content.Content;
import dropship.blobstore.content.Digest;
import dropship.blobstore.http.Representation;
import dropship.blobstore.http.Routing;
import dropship.registry.image.DropletImages;
import dropship.registry.image.ImageBlob;
import dropship.registry.oci.Manifest;
import dropship.registry.oci.OciError;
import dropship.registry.oci.Reference;
import dropship.registry.oci.RepositoryName;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * {@code /v2/}: what kubelets and other clients pull by (distribution-spec, "Pull" and "Listing
 * Tags"). Repositories are droplets, {@code cloudfoundry/<droplet guid>}.
 */
public final class RegistryRoutes {
  private static final String DROPLETS = "cloudfoundry/";
  private static final String DIGEST_HEADER = "Docker-Content-Digest";
  private static final int TEMPORARY_REDIRECT = 307;
  private static final String FOREVER = "max-age=31536000, immutable";

  private final Vertx vertx;
  private final DropletImages images;
  private final Handler<RoutingContext> login;

  /**
   * @param login lets those pass who may pull
   */
  public RegistryRoutes(Vertx vertx, DropletImages images, Handler<RoutingContext> login) {
    this.vertx = vertx;
    this.images = images;
    this.login = login;
  }

  public Router router() {
    var router = Router.router(vertx);
    router.route().handler(this::authorize);
    on(router, "/v2/?", this::version);
    on(router, "/v2/{name}/manifests/{reference}", this::pullManifest);
    on(router, "/v2/{name}/blobs/{digest}", this::pullBlob);
    on(router, "/v2/{name}/tags/list", this::listTags);
    router.route().failureHandler(ErrorResponse::send);
    for (int status : new int[] {400, 404, 405, 413}) {
      router.errorHandler(status, ErrorResponse::send);
    }
    return router;
  }

  /** Answers what is no HTTP request, or one that is too long, in the registry's form. */
  public static void malformed(HttpServerRequest request) {
    ErrorResponse.malformed(request);
  }

  /**
   * A name has slashes in it, so the last place where the rest of the template fits counts. Paths
   * are taken as they were sent: an empty segment, or "..", is part of a name, and makes it
   * invalid.
   */
  private static void on(
      Router router, String template, Function<RoutingContext, Future<Void>> action) {
    var regex = template.replace("{name}", "(?<name>.+)").replaceAll("\\{(\\w+)}", "(?<$1>[^/]+)");
    router
        .routeWithRegex(regex)
        .useNormalizedPath(false)
        .method(GET)
        .method(HEAD)
        .handler(Routing.to(action));
  }

  /** Every route asks who is there: not all clients begin with {@code /v2/}. */
  private void authorize(RoutingContext context) {
    context.response().putHeader("Docker-Distribution-Api-Version", "registry/2.0");
    login.handle(context);
  }

  private Future<Void> version(RoutingContext context) {
    return sendJson(context, new JsonObject());
  }

  private Future<Void> pullManifest(RoutingContext context) {
    var guid = guidIn(context);
    var reference = Reference.parse(Routing.param(context, "reference"));
    return manifest(context, guid, reference)
        .map(found ->
            found.orElseThrow(() ->
                OciError.MANIFEST_UNKNOWN.because(
                    "no manifest "
                        + Routing.param(context, "reference")
                        + " in "
                        + DROPLETS
                        + guid)))
        .compose(manifest -> {
          context
              .response()
              .putHeader(DIGEST_HEADER, manifest.digest().value())
              .putHeader(
                  HttpHeaders.CACHE_CONTROL,
                  reference instanceof Reference.ByDigest ? FOREVER : "no-cache");
          return new Representation(
                  manifest.mediaType(), manifest.bytes().length(), manifest.digest().value())
              .send(
                  vertx,
                  context.request(),
                  range -> Future.succeededFuture(Content.of(manifest.bytes(), range)));
        });
  }

  private Future<Optional<Manifest>> manifest(
      RoutingContext context, String guid, Reference reference) {
    return switch (reference) {
      case Reference.ByDigest(var digest) ->
          images
              .byDigest(guid, digest)
              .map(found -> found.flatMap(image -> image.manifest(digest)));
      case Reference.Tag tag -> {
        context.response().putHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT);
        var accept = context.request().headers().getAll(HttpHeaders.ACCEPT);
        yield images
            .byTag(guid, tag)
            .map(found ->
                found.map(image ->
                    Accept.onlyDocker(accept) ? image.dockerManifest() : image.manifest()));
      }
    };
  }

  private Future<Void> pullBlob(RoutingContext context) {
    var guid = guidIn(context);
    Digest digest = Reference.digest(Routing.param(context, "digest"));
    return images
        .blob(guid, digest)
        .map(found ->
            found.orElseThrow(() ->
                OciError.BLOB_UNKNOWN.because("no blob " + digest + " in " + DROPLETS + guid)))
        .compose(blob -> {
          context.response().putHeader(DIGEST_HEADER, digest.value());
          var here = new Representation("application/octet-stream", blob.size(), digest.value());
          var elsewhere =
              here.isWantedBy(context.request())
                  ? images.url(blob)
                  : Future.succeededFuture(Optional.<URI>empty());
          return elsewhere.compose(url ->
              url.isPresent()
                  ? Routing.redirect(context, TEMPORARY_REDIRECT, url.get())
                  : sendBlob(context, blob, here));
        });
  }

  private Future<Void> sendBlob(RoutingContext context, ImageBlob blob, Representation here) {
    context.response().putHeader(HttpHeaders.CACHE_CONTROL, FOREVER);
    return here.send(vertx, context.request(), range -> images.open(blob, range));
  }

  private Future<Void> listTags(RoutingContext context) {
    var guid = guidIn(context);
    return images
        .tags(guid)
        .compose(tags -> {
          if (tags.isEmpty()) {
            throw OciError.NAME_UNKNOWN.because("no repository " + DROPLETS + guid);
          }
          return sendPage(context, DROPLETS + guid, tags);
        });
  }

  private static Future<Void> sendPage(RoutingContext context, String name, List<String> tags) {
    var last = context.request().getParam("last", "");
    var rest = tags.stream().filter(tag -> tag.compareTo(last) > 0).toList();
    int limit = limitIn(context).orElse(rest.size());
    var page = rest.subList(0, Math.min(limit, rest.size()));
    if (!page.isEmpty() && page.size() < rest.size()) {
      context
          .response()
          .putHeader(
              "Link",
              "</v2/%s/tags/list?n=%d&last=%s>; rel=\"next\""
                  .formatted(name, limit, page.getLast()));
    }
    var body = new JsonObject().put("name", name).put("tags", new JsonArray(page));
    return sendJson(context, body);
  }

  private static Future<Void> sendJson(RoutingContext context, JsonObject json) {
    var body = json.toBuffer();
    return context
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()))
        .end(body);
  }

  private static Optional<Integer> limitIn(RoutingContext context) {
    var text = context.request().getParam("n");
    if (text == null) {
      return Optional.empty();
    }
    if (!text.matches("\\d{1,9}")) {
      throw OciError.PAGINATION_NUMBER_INVALID.because(
          "n is '" + text + "', expected a number of tags");
    }
    return Optional.of(Integer.parseInt(text));
  }

  private static String guidIn(RoutingContext context) {
    var name = new RepositoryName(Routing.param(context, "name")).value();
    if (!name.startsWith(DROPLETS) || name.indexOf('/', DROPLETS.length()) >= 0) {
      throw OciError.NAME_UNKNOWN.because(
          "no repository " + name + ", expected " + DROPLETS + "<droplet guid>");
    }
    return name.substring(DROPLETS.length());
  }
}
