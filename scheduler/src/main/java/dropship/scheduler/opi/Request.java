package dropship.scheduler.opi;

import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.Objects;

/**
 * A request of which all has come.
 *
 * @param params of the path
 */
record Request(Map<String, String> params, Buffer body) {
  /** A parameter that the route's template has, so it is there. */
  String param(String name) {
    return Objects.requireNonNull(params.get(name));
  }
}
