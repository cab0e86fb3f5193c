package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dropship.scheduler.kubernetes.KubernetesObjects.Change;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Those who are told of changes, each over its WebSocket. */
public final class KubernetesWatches {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Vertx vertx;
  private final KubernetesObjects objects;
  private final List<Watch> open = new CopyOnWriteArrayList<>();
  private volatile boolean held;

  private static final class Watch {
    final ServerWebSocket socket;
    final ResourcePath at;
    final LabelSelector selector;
    long told;

    Watch(ServerWebSocket socket, ResourcePath at, LabelSelector selector, long told) {
      this.socket = socket;
      this.at = at;
      this.selector = selector;
      this.told = told;
    }
  }

  KubernetesWatches(Vertx vertx, KubernetesObjects objects) {
    this.vertx = vertx;
    this.objects = objects;
  }

  void begin(HttpServerRequest request, ResourcePath at) {
    var from = request.getParam("resourceVersion");
    var selector = LabelSelector.of(request.getParam("labelSelector"));
    request
        .toWebSocket()
        .onSuccess(socket -> {
          long since = from == null || from.isEmpty() ? 0 : Long.parseLong(from);
          var watch = new Watch(socket, at, selector, since);
          socket.closeHandler(closed -> open.remove(watch));
          open.add(watch);
          tell();
        });
  }

  /** How many there are of a kind. */
  public long count(String resource) {
    return open.stream().filter(each -> each.at.resource().equals(resource)).count();
  }

  /** News are kept back from now on. */
  public void hold() {
    held = true;
  }

  public void release() {
    held = false;
    tell();
  }

  /** Ends all connections without a word. */
  public void drop() {
    for (var watch : open) {
      open.remove(watch);
      watch.socket.close();
    }
  }

  /** Says to all that what they have seen is too old. */
  public void expire() {
    for (var watch : open) {
      open.remove(watch);
      gone(watch);
    }
  }

  private static void gone(Watch watch) {
    send(watch, "ERROR", StatusAnswer.failure(410, "Expired", "too old resource version").body());
    watch.socket.close();
  }

  private static void send(Watch watch, String type, JsonNode object) {
    var event = JSON.createObjectNode().put("type", type);
    event.set("object", object);
    watch.socket.writeTextMessage(event.toString());
  }

  /** Tells everybody what is new to them. */
  synchronized void tell() {
    if (held) {
      return;
    }
    for (var watch : open) {
      var changes = objects.since(watch.told);
      if (changes.isEmpty()) {
        open.remove(watch);
        gone(watch);
        continue;
      }
      for (var change : changes.get()) {
        tell(watch, change);
        watch.told = change.version();
      }
    }
  }

  private static void tell(Watch watch, Change change) {
    if (!change.collection().equals(watch.at.collection())
        || (!watch.at.namespace().isEmpty() && !watch.at.namespace().equals(change.namespace()))) {
      return;
    }
    boolean before = matches(watch, change.before());
    boolean after = matches(watch, change.after());
    if (after) {
      send(watch, before ? "MODIFIED" : "ADDED", change.after());
    } else if (before) {
      send(watch, "DELETED", change.before());
    }
  }

  private static boolean matches(Watch watch, ObjectNode object) {
    return object != null && watch.selector.matches(object);
  }
}
