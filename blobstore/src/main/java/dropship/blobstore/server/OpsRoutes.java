package dropship.blobstore.server;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Supplier;

/** What watches over the server asks: is it alive, can it serve, how is it doing. */
public final class OpsRoutes {
  private final PrometheusMeterRegistry metrics;
  private final Supplier<Future<?>> ready;
  private final Supplier<JsonObject> info;

  /**
   * @param ready succeeds when requests can be served
   * @param info what the server says of itself
   */
  public OpsRoutes(
      PrometheusMeterRegistry metrics, Supplier<Future<?>> ready, Supplier<JsonObject> info) {
    this.metrics = metrics;
    this.ready = ready;
    this.info = info;
  }

  public Router router(Vertx vertx) {
    var router = Router.router(vertx);
    router.get("/livez").handler(context -> text(context, 200, "ok\n"));
    router.get("/readyz").handler(this::readiness);
    router.get("/metrics").handler(this::scrape);
    router
        .get("/info")
        .handler(context ->
            context
                .response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(info.get().encodePrettily() + "\n"));
    return router;
  }

  private void readiness(RoutingContext context) {
    ready
        .get()
        .onComplete(
            yes -> text(context, 200, "ok\n"),
            no -> text(context, 503, "not ready: " + no.getMessage() + "\n"));
  }

  /** Collecting takes a moment, so it happens off the event loop. */
  private void scrape(RoutingContext context) {
    context
        .vertx()
        .executeBlocking(() -> metrics.scrape(), false)
        .onComplete(
            text ->
                context
                    .response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
                    .end(text),
            context::fail);
  }

  private static void text(RoutingContext context, int status, String text) {
    context
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
        .end(text);
  }
}
