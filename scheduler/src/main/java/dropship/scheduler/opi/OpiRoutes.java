package dropship.scheduler.opi;

import dropship.blobstore.content.Blocking;
import dropship.blobstore.http.Routing;
import dropship.scheduler.lrp.LrpUnknown;
import dropship.scheduler.lrp.Lrps;
import dropship.scheduler.lrp.TaskUnknown;
import dropship.scheduler.lrp.Tasks;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The API of OPI, in the order of its specification. Its paths for staging have their place. */
public final class OpiRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(OpiRoutes.class);

  /** Cloud Controller asks for about a hundred things at once. */
  private static final int MOST_WAITING = 4096;

  private final Vertx vertx;
  private final Executor threads;
  private final LrpEndpoints apps;
  private final TaskEndpoints tasks;

  /** Each has megabytes for an answer. */
  private final Turns lists;

  /** Each has megabytes for a body, and waits for Kubernetes, and perhaps for the registry. */
  private final Turns changes;

  private final Turns looks;

  /**
   * @param threads for what blocks
   */
  public OpiRoutes(Vertx vertx, Executor threads, Lrps lrps, Tasks tasks) {
    this.vertx = vertx;
    this.threads = threads;
    this.apps = new LrpEndpoints(lrps);
    this.tasks = new TaskEndpoints(tasks);
    this.lists = new Turns(vertx, 4, MOST_WAITING);
    this.changes = new Turns(vertx, 64, MOST_WAITING);
    this.looks = new Turns(vertx, 64, MOST_WAITING);
  }

  /** A router for one event loop; what is bounded is so for all of them together. */
  public Router router() {
    var router = Router.router(vertx);
    var app = "/apps/:guid/:version";
    on(router.get("/apps"), lists, apps::list, apps::listRefused);
    on(router.put("/apps/:process_guid"), changes, apps::desire, apps::desireRefused);
    on(router.post("/apps/:process_guid"), changes, apps::update, apps::updateRefused);
    on(router.get(app), looks, apps::find, apps::refused);
    on(router.get(app + "/instances"), looks, apps::instances, apps::instancesRefused);
    on(router.put(app + "/stop"), changes, apps::stop, apps::refused);
    on(router.put(app + "/stop/:index"), changes, apps::stopInstance, apps::refused);

    on(router.post("/tasks/:guid"), changes, tasks::desire, tasks::refused);
    on(router.get("/tasks"), lists, tasks::list, tasks::refused);
    on(router.get("/tasks/:guid"), looks, tasks::find, tasks::refused);
    on(router.delete("/tasks/:guid"), changes, tasks::cancel, tasks::refused);

    for (int status : new int[] {400, 404, 405}) {
      router.errorHandler(
          status, other -> Routing.refuse(other.request(), status, Optional.empty()));
    }
    return router;
  }

  private void on(Route route, Turns turns, Endpoint.Action action, Endpoint.Refusal refusal) {
    var endpoint = new Endpoint(action, refusal);
    route.handler(context -> {
      context.request().pause();
      turns
          .take(() -> answer(context, endpoint).compose(answer -> send(context, answer)))
          .onFailure(failure -> refuse(context, endpoint, failure));
    });
  }

  private Future<Answer> answer(RoutingContext context, Endpoint endpoint) {
    if (context.response().closed()) {
      return Future.failedFuture(new IOException("nobody waits for the answer any more"));
    }
    return Body.read(vertx, context.request())
        .compose(body ->
            Blocking.call(vertx, threads, () -> endpoint.action().on(request(context, body))));
  }

  private static Request request(RoutingContext context, Buffer body) {
    return new Request(Map.copyOf(context.pathParams()), body);
  }

  private static Future<Void> send(RoutingContext context, Answer answer) {
    var response = context.response().setStatusCode(answer.status());
    answer
        .json()
        .ifPresent(json -> response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json"));
    return answer.json().map(response::end).orElseGet(response::end);
  }

  private static void refuse(RoutingContext context, Endpoint endpoint, Throwable failure) {
    if (!Routing.canAnswer(context)) {
      return;
    }
    var what = context.request().method() + " " + context.request().path();
    int status = statusOf(failure);
    var reason = String.valueOf(failure.getMessage());
    if (status == 500) {
      LOG.error("{} failed", what, failure);
      reason = "internal error";
    } else if (status != 404) {
      LOG.warn("{} failed: {}", what, reason);
    }
    var answer = endpoint.refusal().because(request(context, Buffer.buffer()), status, reason);
    Routing.refuse(context.request(), answer.status(), answer.json());
  }

  private static int statusOf(Throwable failure) {
    return switch (failure) {
      case IllegalArgumentException meaningless -> 400;
      case Body.Refused body -> body.status();
      case LrpUnknown unknown -> 404;
      case TaskUnknown unknown -> 404;
      case IOException tryLater -> 503;
      default -> 500;
    };
  }
}
