package dropship.scheduler.rollout;

import dropship.blobstore.content.Blocking;
import dropship.blobstore.http.Routing;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /rollout}: what operators see and decide. Any replica answers. */
public final class RolloutRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(RolloutRoutes.class);
  private static final int LONGEST_REASON = 500;

  private final Vertx vertx;
  private final Rollout rollout;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  public RolloutRoutes(Vertx vertx, Rollout rollout) {
    this.vertx = vertx;
    this.rollout = rollout;
  }

  public void addTo(Router router) {
    router.get("/rollout").handler(Routing.to(context -> answer(context, this::status)));
    router
        .post("/rollout/pause")
        .handler(Routing.to(context -> answer(context, () -> pause(query(context, "reason")))));
    router.post("/rollout/resume").handler(Routing.to(context -> answer(context, this::resume)));
    router
        .post("/rollout/undo")
        .handler(Routing.to(context -> answer(context, () -> undo(query(context, "stack")))));
    router.route("/rollout*").failureHandler(RolloutRoutes::sendFailure);
  }

  /** Short texts are said in the URL, and a body has nothing to say. */
  private static Optional<String> query(RoutingContext context, String name) {
    return Optional.ofNullable(context.request().getParam(name))
        .filter(text -> !text.isBlank())
        .map(text -> text.substring(0, Math.min(LONGEST_REASON, text.length())));
  }

  private JsonObject status() throws IOException {
    return rollout.status().json();
  }

  private JsonObject pause(Optional<String> reason) throws IOException {
    rollout.pause(reason.orElse("asked for"));
    return status();
  }

  private JsonObject resume() throws IOException {
    rollout.resume();
    return status();
  }

  private JsonObject undo(Optional<String> stack) throws IOException {
    var active = rollout.undo(stack);
    return status()
        .put(
            "undone",
            new JsonObject().put("stack", active.stack()).put("version", active.version()));
  }

  private Future<Void> answer(RoutingContext context, Callable<JsonObject> question) {
    context.request().resume();
    return Blocking.call(vertx, threads, question)
        .compose(json ->
            context
                .response()
                .putHeader("Content-Type", "application/json")
                .end(json.encodePrettily() + "\n"));
  }

  private static void sendFailure(RoutingContext context) {
    if (!Routing.canAnswer(context)) {
      return;
    }
    switch (context.failure()) {
      case null -> refuse(context, Routing.statusOf(context), "the request cannot be served");
      case NoSuchElementException none -> refuse(context, 409, String.valueOf(none.getMessage()));
      case IOException unknown -> {
        LOG.warn(
            "{} {}: {}",
            context.request().method(),
            context.request().path(),
            unknown.getMessage());
        refuse(context, 503, String.valueOf(unknown.getMessage()));
      }
      case Throwable bug -> {
        LOG.error("{} {} failed", context.request().method(), context.request().path(), bug);
        refuse(context, 500, "internal error, see the scheduler's log");
      }
    }
  }

  private static void refuse(RoutingContext context, int status, String reason) {
    var body = new JsonObject().put("error", reason).encodePrettily() + "\n";
    Routing.refuse(context.request(), status, Optional.of(Buffer.buffer(body)));
  }
}
