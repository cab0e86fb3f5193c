package dropship.registry.cli;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;

/** How far a roll-out has come, as the scheduler says it. */
record RolloutProgress(JsonObject json) {
  private static final String[] STATES = {
    "done", "stopped", "rolling", "waiting", "unwell", "failed", "excluded"
  };

  boolean isDone() {
    return json.getBoolean("done", false);
  }

  boolean isPaused() {
    return json.containsKey("paused");
  }

  /** Failures that a person has gone on from are not counted. */
  boolean hasFailed() {
    return json.getJsonArray("failed").stream()
        .anyMatch(each -> !((JsonObject) each).getBoolean("acknowledged", false));
  }

  /** Apps that take part. */
  int all() {
    return sum("total") - sum("excluded");
  }

  /** Those of them that have arrived, or will not. */
  int arrived() {
    return all() - sum("rolling") - sum("waiting");
  }

  private int sum(String state) {
    return stacks().stream()
        .mapToInt(stack -> ((JsonObject) stack.getValue()).getInteger(state, 0))
        .sum();
  }

  private JsonObject stacks() {
    return json.getJsonObject("stacks");
  }

  /** {@code 1200 of 40000, 10 rolling, 1 failed}. */
  String line() {
    var line = new StringBuilder("%d of %d".formatted(arrived(), all()));
    for (var state : new String[] {"rolling", "failed"}) {
      if (sum(state) > 0) {
        line.append(", ").append(sum(state)).append(' ').append(state);
      }
    }
    return line.toString();
  }

  /** All of it, for people. */
  String text() {
    var text = new StringBuilder();
    if (json.containsKey("undone")) {
      var active = json.getJsonObject("undone");
      text.append(
          "active again  %s %s%n"
              .formatted(active.getString("stack"), active.getString("version")));
    }
    for (var name : stacks().fieldNames()) {
      var stack = stacks().getJsonObject(name);
      var counts = new ArrayList<String>();
      for (var state : STATES) {
        if (stack.getInteger(state, 0) > 0) {
          counts.add(stack.getInteger(state) + " " + state);
        }
      }
      text.append(
          "%s %s  %d apps: %s%n"
              .formatted(
                  name,
                  stack.getString("target", "(no active version)"),
                  stack.getInteger("total", 0),
                  String.join(", ", counts)));
    }
    if (stacks().isEmpty()) {
      text.append("no apps\n");
    }
    text.append(
        "instances that are away  %d%n".formatted(json.getInteger("unavailableInstances", 0)));
    for (var each : json.getJsonArray("failed")) {
      var failed = (JsonObject) each;
      text.append(
          "%s  %s (%s): %s%n"
              .formatted(
                  failed.getBoolean("acknowledged", false) ? "left behind" : "failed",
                  failed.getString("processGuid"),
                  failed.getString("statefulSet"),
                  failed.getString("reason")));
    }
    if (json.containsKey("trouble")) {
      text.append("waits  %s%n".formatted(json.getString("trouble")));
    }
    if (isPaused()) {
      var pause = json.getJsonObject("paused");
      text.append(
          "paused  by %s since %s: %s%n"
              .formatted(
                  "person".equals(pause.getString("by")) ? "a person" : "itself",
                  pause.getString("since"),
                  pause.getString("reason")));
    } else {
      text.append(isDone() ? "done\n" : "under way\n");
    }
    return text.toString();
  }
}
