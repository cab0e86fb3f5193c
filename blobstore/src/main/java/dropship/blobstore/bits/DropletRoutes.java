package dropship.blobstore.bits;

import dropship.blobstore.content.Content;
import dropship.blobstore.http.RangeRefused;
import dropship.blobstore.http.Representation;
import dropship.blobstore.http.Routing;
import dropship.blobstore.resource.DropletId;
import dropship.blobstore.resource.Droplets;
import dropship.blobstore.resource.Receipt;
import dropship.blobstore.resource.TooManyUploads;
import dropship.blobstore.store.BlobNotFound;
import dropship.blobstore.store.NoSpaceLeft;
import dropship.blobstore.store.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /droplets/…} as bits-service has it (its sections "Rules common to all" and "Droplets").
 */
public final class DropletRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(DropletRoutes.class);
  private static final List<String> FIELDS = List.of("droplet", "bits");
  private static final Pattern GUID = Pattern.compile("[a-z0-9-]+");
  private static final Pattern DIGEST_HEADER = Pattern.compile("(?i:sha256)=([^=]*)");
  private static final int FOUND = 302;
  private static final Duration URL_VALID = Duration.ofHours(1);
  private static final String RETRY_SECONDS = "5";
  private static final int JSON_LIMIT = 64 * 1024;
  private static final long EXACT_IN_JSON = 1L << 53;

  private final Vertx vertx;
  private final Droplets droplets;
  private final UploadLimit limit;
  private final Clock clock;

  public DropletRoutes(Vertx vertx, Droplets droplets, UploadLimit limit, Clock clock) {
    this.vertx = vertx;
    this.droplets = droplets;
    this.limit = limit;
    this.clock = clock;
  }

  /** The routes for those who are on our own network: they need not say who they are. */
  public void addTo(Router router) {
    addTo(router, RoutingContext::next, this::put);
  }

  /**
   * The routes for those who have a signed URL. It is for one droplet, so they cannot have another
   * copied to it.
   */
  public void addTo(Router router, SignatureCheck check) {
    addTo(router, check, this::putForm);
  }

  private void addTo(
      Router router, Handler<RoutingContext> guard, Function<RoutingContext, Future<Void>> put) {
    on(router.put("/droplets/:guid/:hash"), guard, put);
    on(router.put("/droplets/:guid"), guard, this::putRaw);
    on(router.get("/droplets/:guid/:hash"), guard, this::get);
    on(router.head("/droplets/:guid/:hash"), guard, this::send);
    on(router.delete("/droplets/:guid/:hash"), guard, this::delete);
    on(router.get("/droplets/*"), guard, this::notFound);
    on(router.head("/droplets/*"), guard, this::notFound);
    on(router.delete("/droplets/*"), guard, this::notFound);
    router.route("/droplets/*").failureHandler(DropletRoutes::sendFailure);
  }

  private static void on(
      Route route, Handler<RoutingContext> guard, Function<RoutingContext, Future<Void>> action) {
    route.handler(guard).handler(Routing.to(action));
  }

  /** An upload as a form, or a copy asked for in JSON. */
  private Future<Void> put(RoutingContext context) {
    var type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
    boolean isForm = type != null && type.toLowerCase(Locale.ROOT).startsWith("multipart/");
    return isForm ? putForm(context) : copy(context);
  }

  private Future<Void> putForm(RoutingContext context) {
    var request = context.request().pause();
    var id = idIn(context);
    return limit
        .admit(request)
        .compose(admitted -> soon(MultipartFile.in(request, FIELDS)))
        .compose(file -> droplets.put(id, file))
        .compose(receipt -> sendReceipt(context, id.toString(), receipt));
  }

  private Future<Void> copy(RoutingContext context) {
    var request = context.request().pause();
    var to = idIn(context);
    return limit
        .admit(request)
        .compose(admitted -> soon(sourceIn(request)))
        .compose(from -> droplets.copy(from, to))
        .compose(copied -> sendReceipt(context, to.toString(), new Receipt(0, "", "")));
  }

  /** A client that dawdles here would hold its connection for as long as it likes. */
  private <T> Future<T> soon(Future<T> arriving) {
    return arriving.timeout(limit.patience().toMillis(), TimeUnit.MILLISECONDS);
  }

  private Future<DropletId> sourceIn(HttpServerRequest request) {
    return Content.of((ReadStream<Buffer>) request, OptionalLong.empty())
        .toBuffer(vertx, JSON_LIMIT)
        .recover(tooLong ->
            Future.failedFuture(BitsFailure.tooLarge(String.valueOf(tooLong.getMessage()))))
        .map(DropletRoutes::sourceIn);
  }

  private static DropletId sourceIn(Buffer body) {
    try {
      var source = new JsonObject(body).getString("source_guid", "");
      int slash = source.indexOf('/');
      if (slash < 1) {
        throw BitsFailure.badRequest(
            "source_guid is '"
                + source
                + "', expected the guid and the hash of a droplet, guid/hash");
      }
      return new DropletId(source.substring(0, slash), source.substring(slash + 1));
    } catch (DecodeException | ClassCastException notJson) {
      throw BitsFailure.badRequest(
          "Body must be valid JSON when request is not multipart/form-data. "
              + notJson.getMessage());
    } catch (IllegalArgumentException notADroplet) {
      throw BitsFailure.badRequest(String.valueOf(notADroplet.getMessage()));
    }
  }

  /** The body is the droplet, and a Digest header has its hash, which is taken as it is. */
  private Future<Void> putRaw(RoutingContext context) {
    var request = context.request().pause();
    var guid = Routing.param(context, "guid");
    if (!GUID.matcher(guid).matches()) {
      throw BitsFailure.badRequest("the guid is '" + guid + "', expected a-z, 0-9 and -");
    }
    var id = dropletId(guid, hashIn(request));
    return limit
        .admit(request)
        .compose(admitted -> droplets.put(id, request))
        .compose(receipt -> sendReceipt(context, guid, new Receipt(receipt.size(), "", "")));
  }

  private static String hashIn(HttpServerRequest request) {
    var header = request.getHeader("Digest");
    if (header == null || header.isEmpty()) {
      throw BitsFailure.badRequest("No Digest header");
    }
    var digest = DIGEST_HEADER.matcher(header);
    if (!digest.matches()) {
      throw BitsFailure.badRequest("Digest must have format sha256=value, but is " + header);
    }
    if (digest.group(1).isEmpty()) {
      throw BitsFailure.badRequest("Digest must have format sha256=value. Value cannot be empty");
    }
    return digest.group(1);
  }

  /**
   * A store that is read elsewhere says itself whether it has the droplet, and in which version.
   */
  private Future<Void> get(RoutingContext context) {
    return droplets
        .url(idIn(context).key(), URL_VALID)
        .compose(elsewhere ->
            elsewhere.isPresent()
                ? Routing.redirect(context, FOUND, elsewhere.get())
                : send(context));
  }

  private Future<Void> send(RoutingContext context) {
    var key = idIn(context).key();
    return droplets
        .stat(key)
        .compose(found -> {
          var blob = found.orElseThrow(() -> BitsFailure.notFound("no droplet " + idIn(context)));
          return new Representation("application/octet-stream", blob.size(), blob.etag())
              .send(vertx, context.request(), range -> droplets.open(key, range));
        });
  }

  private Future<Void> delete(RoutingContext context) {
    var id = idIn(context);
    return droplets
        .delete(id)
        .compose(existed ->
            existed
                ? context.response().setStatusCode(204).end()
                : Future.failedFuture(BitsFailure.notFound("no droplet " + id)));
  }

  private Future<Void> notFound(RoutingContext context) {
    throw BitsFailure.notFound("no droplet at " + context.request().path());
  }

  private static DropletId idIn(RoutingContext context) {
    return dropletId(Routing.param(context, "guid"), Routing.param(context, "hash"));
  }

  private static DropletId dropletId(String guid, String hash) {
    try {
      return new DropletId(guid, hash);
    } catch (IllegalArgumentException notADroplet) {
      throw BitsFailure.badRequest(String.valueOf(notADroplet.getMessage()));
    }
  }

  /** Storing has succeeded in any case; who asked for an asynchronous upload expects to hear so. */
  private Future<Void> sendReceipt(RoutingContext context, String guid, Receipt receipt) {
    boolean async = "true".equals(context.request().getParam("async"));
    var body =
        new JsonObject()
            .put("guid", guid)
            .put("state", async ? "PROCESSING_UPLOAD" : "READY")
            .put("type", "bits")
            .put("created_at", OffsetDateTime.now(clock).toString())
            .put("sha1", receipt.sha1())
            .put("sha256", receipt.sha256());
    return context
        .response()
        .setStatusCode(async ? 202 : 201)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .end(body.toBuffer());
  }

  private static void sendFailure(RoutingContext context) {
    if (!Routing.canAnswer(context)) {
      return;
    }
    var request = context.request();
    switch (context.failure()) {
      case null -> refuse(request, Routing.statusOf(context), null);
      case BitsFailure failure -> refuse(request, failure.status(), failure.body());
      case BlobNotFound _ -> refuse(request, 404, null);
      case TimeoutException _ -> refuse(request, 408, null);
      case RangeRefused range -> {
        range.addTo(context.response());
        refuse(request, range.status(), null);
      }
      case TooManyUploads busy -> {
        context.response().putHeader("Retry-After", RETRY_SECONDS);
        refuse(request, 503, new JsonObject().put("description", busy.getMessage()));
      }
      case NoSpaceLeft full -> {
        LOG.error("{} {}", request.method(), request.path(), full);
        var failure = BitsFailure.noSpaceLeft(String.valueOf(full.getMessage()));
        refuse(request, failure.status(), failure.body());
      }
      case Throwable failure when StoreUnavailable.isBehind(failure) -> {
        LOG.error("{} {}", request.method(), request.path(), failure);
        context.response().putHeader("Retry-After", RETRY_SECONDS);
        refuse(request, 503, new JsonObject().put("description", "the store does not answer"));
      }
      case Throwable bug -> {
        // Clients give one id to many requests; this number finds the line.
        long number = ThreadLocalRandom.current().nextLong(EXACT_IN_JSON);
        LOG.atError()
            .setCause(bug)
            .addKeyValue("number", number)
            .log("{} {} failed", request.method(), request.path());
        refuse(
            request,
            500,
            new JsonObject()
                .put("service", "Bits-Service")
                .put("error", "Internal Server Error")
                .put("vcap-request-id", context.response().headers().get("X-Vcap-Request-Id"))
                .put("request-id", number));
      }
    }
  }

  private static void refuse(HttpServerRequest request, int status, @Nullable JsonObject body) {
    Routing.refuse(request, status, Optional.ofNullable(body).map(JsonObject::toBuffer));
  }
}
