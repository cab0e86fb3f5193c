package dropship.registry.admin;

import dropship.blobstore.content.Content;
import dropship.blobstore.http.Routing;
import dropship.blobstore.resource.DropletId;
import dropship.blobstore.server.LoginRefused;
import dropship.blobstore.store.NoSpaceLeft;
import dropship.blobstore.store.StoreUnavailable;
import dropship.registry.image.Collector;
import dropship.registry.image.DropletImages;
import dropship.registry.image.DropletRecord;
import dropship.registry.image.Image;
import dropship.registry.image.NoActiveRootfs;
import dropship.registry.oci.Reference.Tag;
import dropship.rootfs.catalog.InvalidRootfs;
import dropship.rootfs.catalog.RootfsCatalog;
import dropship.rootfs.catalog.RootfsConflict;
import dropship.rootfs.catalog.RootfsId;
import dropship.rootfs.catalog.RootfsUnknown;
import dropship.rootfs.catalog.RootfsVersion;
import dropship.rootfs.layer.Layer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators do over HTTP: {@code /rootfs} and {@code /gc}, for which the action admin is
 * needed, and {@code /images}, which says what has become of a droplet.
 */
public final class AdminRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(AdminRoutes.class);
  private static final String RETRY_SECONDS = "10";
  private static final int JSON_LIMIT = 64 * 1024;

  private final Vertx vertx;
  private final RootfsCatalog catalog;
  private final DropletImages images;
  private final Collector collector;
  private final Settings settings;
  private final Handler<RoutingContext> login;

  /**
   * What the answers speak of.
   *
   * @param defaultStack the stack of images that name none
   * @param registry what clients know the registry by, {@code host:port}
   */
  public record Settings(String defaultStack, String registry) {}

  /**
   * @param login asks who wants to see or change root file systems
   */
  public AdminRoutes(
      Vertx vertx,
      RootfsCatalog catalog,
      DropletImages images,
      Collector collector,
      Settings settings,
      Handler<RoutingContext> login) {
    this.vertx = vertx;
    this.catalog = catalog;
    this.images = images;
    this.collector = collector;
    this.settings = settings;
    this.login = login;
  }

  public void addTo(Router router) {
    for (var path : List.of("/rootfs", "/rootfs/*", "/gc")) {
      router.route(path).handler(login).handler(AdminRoutes::pause);
    }
    on(router.get("/rootfs"), this::list);
    on(router.put("/rootfs/:stack/active"), this::activate);
    on(router.put("/rootfs/:stack/:version"), this::importVersion);
    on(router.delete("/rootfs/:stack/:version"), this::remove);
    on(router.post("/gc"), this::collect);
    on(router.get("/images/:guid/:hash"), this::show);
    router.route("/rootfs*").failureHandler(AdminRoutes::sendFailure);
    router.route("/gc").failureHandler(AdminRoutes::sendFailure);
    router.route("/images/*").failureHandler(AdminRoutes::sendFailure);
  }

  private static void on(Route route, Function<RoutingContext, Future<Void>> action) {
    route.handler(Routing.to(action));
  }

  private static void pause(RoutingContext context) {
    context.request().pause();
    context.next();
  }

  private static final class Refused extends RuntimeException {
    private final int status;

    Refused(int status, String reason) {
      super(reason);
      this.status = status;
    }
  }

  private Future<Void> list(RoutingContext context) {
    context.request().resume();
    var stacks = new JsonObject();
    for (var version : catalog.versions()) {
      var stack = stacks.getJsonObject(version.stack());
      if (stack == null) {
        stack = new JsonObject().put("versions", new JsonArray());
        stacks.put(version.stack(), stack);
      }
      stack.getJsonArray("versions").add(json(version));
    }
    catalog
        .active()
        .forEach((name, active) -> {
          var stack = stacks.getJsonObject(name, new JsonObject());
          stack.put("active", active.version());
          active.previous().ifPresent(previous -> stack.put("previous", previous));
          stack.put("since", active.since().toString());
        });
    return send(
        context,
        200,
        new JsonObject().put("defaultStack", settings.defaultStack).put("stacks", stacks));
  }

  private Future<Void> importVersion(RoutingContext context) {
    var id = idIn(context);
    var request = context.request();
    Future<Void> mayContinue =
        "100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))
            ? context.response().writeContinue()
            : Future.succeededFuture();
    return mayContinue
        .compose(go -> catalog.importVersion(id, request))
        .compose(imported -> send(context, imported.isNew() ? 201 : 200, json(imported.version())));
  }

  private Future<Void> activate(RoutingContext context) {
    var stack = Routing.param(context, "stack");
    return body(context)
        .compose(body -> {
          var version = body.getString("version", "");
          return catalog.activate(id(stack, version));
        })
        .compose(active -> {
          var json = new JsonObject().put("version", active.version());
          active.previous().ifPresent(previous -> json.put("previous", previous));
          return send(context, 200, json.put("since", active.since().toString()));
        });
  }

  private Future<JsonObject> body(RoutingContext context) {
    return Content.of((ReadStream<Buffer>) context.request(), OptionalLong.empty())
        .toBuffer(vertx, JSON_LIMIT)
        .recover(tooLong -> Future.failedFuture(new Refused(413, "the body is too long")))
        .map(bytes -> {
          try {
            return new JsonObject(bytes);
          } catch (DecodeException e) {
            throw new Refused(400, "the body is not JSON, expected {\"version\": \"…\"}");
          }
        });
  }

  private Future<Void> remove(RoutingContext context) {
    context.request().resume();
    return catalog
        .remove(idIn(context))
        .compose(removed -> context.response().setStatusCode(204).end());
  }

  private Future<Void> collect(RoutingContext context) {
    context.request().resume();
    boolean dryRun = "true".equals(context.request().getParam("dryRun"));
    return (dryRun ? collector.dryRun() : collector.run())
        .compose(report ->
            send(
                context,
                200,
                new JsonObject()
                    .put("kept", json(report.kept()))
                    .put("removed", json(report.removed()))
                    .put("waiting", json(report.waiting()))
                    .put("uploads", report.uploads())));
  }

  private static JsonObject json(Collector.Amount amount) {
    return new JsonObject().put("blobs", amount.blobs()).put("bytes", amount.bytes());
  }

  /** What has become of a droplet: its image, or why there is none. */
  private Future<Void> show(RoutingContext context) {
    var id = new DropletId(Routing.param(context, "guid"), Routing.param(context, "hash"));
    return images
        .record(id)
        .compose(found -> {
          var record = found.orElseThrow(() -> new Refused(404, "there is no droplet " + id));
          return current(id, record).compose(image -> send(context, 200, json(id, record, image)));
        });
  }

  private Future<Optional<Image>> current(DropletId id, DropletRecord record) {
    if (!record.isSuitable() || !Tag.isWellFormed(id.hash())) {
      return Future.succeededFuture(Optional.empty());
    }
    return images
        .byTag(id.guid(), new Tag(id.hash()))
        .recover(failure ->
            failure instanceof NoActiveRootfs
                ? Future.succeededFuture(Optional.empty())
                : Future.failedFuture(failure));
  }

  private JsonObject json(DropletId id, DropletRecord record, Optional<Image> image) {
    var layers = new JsonArray();
    record
        .layers()
        .forEach(layer -> layers.add(json(layer.layer()).put("kind", layer.kind().name())));
    var json =
        new JsonObject()
            .put("guid", id.guid())
            .put("hash", id.hash())
            .put("size", record.size())
            .put("sha1", record.sha1())
            .put("sha256", record.sha256())
            .put(
                "reference",
                "%s/cloudfoundry/%s:%s".formatted(settings.registry, id.guid(), id.hash()));
    image.ifPresent(made ->
        json.put("digest", made.manifest().digest().value())
            .put("rootfs", made.rootfs().toString()));
    json.put("layers", layers);
    record.buildpack().ifPresent(name -> json.put("buildpack", name));
    record.startCommand().ifPresent(command -> json.put("startCommand", command));
    json.put("created", record.created().toString());
    if (!record.leftOut().isEmpty()) {
      var leftOut = new JsonObject();
      record.leftOut().forEach(leftOut::put);
      json.put("leftOut", leftOut);
    }
    record.unsuitable().ifPresent(reason -> json.put("unsuitable", reason));
    return json;
  }

  private static JsonObject json(RootfsVersion version) {
    var layers = new JsonArray();
    version.allLayers().forEach(layer -> layers.add(json(layer)));
    var json =
        new JsonObject()
            .put("stack", version.stack())
            .put("version", version.version())
            .put("architecture", version.architecture())
            .put("source", version.source().value())
            .put("imported", version.imported().toString())
            .put("layers", layers);
    version.removed().ifPresent(when -> json.put("removed", when.toString()));
    return json;
  }

  private static JsonObject json(Layer layer) {
    return new JsonObject()
        .put("mediaType", layer.compression().mediaType())
        .put("digest", layer.digest().value())
        .put("size", layer.size())
        .put("diffId", layer.diffId().toString())
        .put("uncompressedSize", layer.uncompressedSize());
  }

  private static RootfsId idIn(RoutingContext context) {
    return id(Routing.param(context, "stack"), Routing.param(context, "version"));
  }

  private static RootfsId id(String stack, String version) {
    return new RootfsId(stack, version);
  }

  private static void sendFailure(RoutingContext context) {
    if (!Routing.canAnswer(context)) {
      return;
    }
    switch (context.failure()) {
      case null -> refuse(context, Routing.statusOf(context), "the request cannot be served");
      case Refused refused -> refuse(context, refused.status, refused.getMessage());
      case LoginRefused refused -> refuse(context, refused.status(), refused.getMessage());
      case RootfsUnknown unknown -> refuse(context, 404, unknown.getMessage());
      case RootfsConflict conflict -> refuse(context, 409, conflict.getMessage());
      case InvalidRootfs invalid -> refuse(context, 400, invalid.getMessage());
      case IllegalArgumentException invalid -> refuse(context, 400, invalid.getMessage());
      case NoSpaceLeft full -> {
        LOG.error("{} {}", context.request().method(), context.request().path(), full);
        refuse(context, 507, full.getMessage());
      }
      case Throwable failure when StoreUnavailable.isBehind(failure) -> {
        LOG.error("{} {}", context.request().method(), context.request().path(), failure);
        context.response().putHeader("Retry-After", RETRY_SECONDS);
        refuse(context, 503, "the store does not answer");
      }
      case Throwable bug -> {
        LOG.error("{} {} failed", context.request().method(), context.request().path(), bug);
        refuse(context, 500, "internal error, see the server's log");
      }
    }
  }

  private static void refuse(RoutingContext context, int status, @Nullable String reason) {
    var body = new JsonObject().put("error", reason).encodePrettily() + "\n";
    Routing.refuse(context.request(), status, Optional.of(Buffer.buffer(body)));
  }

  private static Future<Void> send(RoutingContext context, int status, JsonObject json) {
    return context
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .end(json.encodePrettily() + "\n");
  }
}
