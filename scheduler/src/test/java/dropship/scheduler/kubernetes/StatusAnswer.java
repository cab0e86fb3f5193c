package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

/** What Kubernetes answers: an object, or a Status that says why not. */
record StatusAnswer(int status, JsonNode body) {
  static StatusAnswer failure(int status, String reason, String message) {
    return new StatusAnswer(
        status,
        JsonNodeFactory.instance
            .objectNode()
            .put("kind", "Status")
            .put("apiVersion", "v1")
            .put("status", "Failure")
            .put("message", message)
            .put("reason", reason)
            .put("code", status));
  }

  static StatusAnswer success() {
    return new StatusAnswer(
        200,
        JsonNodeFactory.instance
            .objectNode()
            .put("kind", "Status")
            .put("apiVersion", "v1")
            .put("status", "Success"));
  }

  boolean isFailure() {
    return status >= 400;
  }
}
