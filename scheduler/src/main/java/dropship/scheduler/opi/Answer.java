package dropship.scheduler.opi;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.Optional;

/** What is sent back. */
record Answer(int status, Optional<Buffer> json) {
  static Answer of(int status) {
    return new Answer(status, Optional.empty());
  }

  static Answer json(int status, JsonObject json) {
    return new Answer(status, Optional.of(json.toBuffer()));
  }

  /** As what is asked about apps says what went wrong. */
  static Answer error(int status, String message) {
    return json(status, new JsonObject().put("error", message(message)));
  }

  /** As what is asked about tasks says it. */
  static Answer message(int status, String message) {
    return json(status, message(message));
  }

  private static JsonObject message(String message) {
    return new JsonObject().put("message", message);
  }
}
