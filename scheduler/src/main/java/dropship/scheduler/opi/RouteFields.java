package dropship.scheduler.opi;

import dropship.scheduler.lrp.Route;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Routes by who serves them, of whom there is one. */
final class RouteFields {
  private static final String ROUTER = "cf-router";
  static final int HIGHEST_PORT = 65535;

  private RouteFields() {}

  /** No routes where it says nothing of them. */
  static List<Route> in(Fields fields) {
    return fields
        .object("routes")
        .objects(
            ROUTER, route -> new Route(route.text("hostname"), route.count("port", HIGHEST_PORT)));
  }

  static JsonObject json(List<Route> routes) {
    var array = new JsonArray();
    routes.forEach(route ->
        array.add(new JsonObject().put("hostname", route.hostname()).put("port", route.port())));
    return new JsonObject().put(ROUTER, array);
  }
}
