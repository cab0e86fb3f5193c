package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Kubernetes' API over HTTP, kept in memory: objects of any kind are written, listed in pages and
 * watched, as the real one has it, but none of its controllers is there. What can go wrong is asked
 * for.
 */
public final class InMemoryKubernetes implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Vertx vertx = Vertx.vertx();
  private final KubernetesObjects objects = new KubernetesObjects();
  private final KubernetesWatches watches = new KubernetesWatches(vertx, objects);
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<Fault> faults = new CopyOnWriteArrayList<>();
  private volatile HttpServer server;
  private final int port;

  /** A request as it came; the path has no query. */
  public record Request(
      String method, String path, String query, String contentType, Optional<JsonNode> body) {
    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  /** What happens to some requests instead, or before. */
  private static final class Fault {
    final Predicate<Request> when;
    final Optional<StatusAnswer> answer;
    final Duration delay;
    final boolean afterwards;
    int left;

    Fault(
        Predicate<Request> when,
        Optional<StatusAnswer> answer,
        Duration delay,
        boolean afterwards,
        int times) {
      this.when = when;
      this.answer = answer;
      this.delay = delay;
      this.afterwards = afterwards;
      this.left = times;
    }

    synchronized boolean applies(Request request) {
      if (left == 0 || !when.test(request)) {
        return false;
      }
      left--;
      return true;
    }
  }

  public InMemoryKubernetes() {
    server = listen(0);
    port = server.actualPort();
    for (var name : List.of("default", "kube-system")) {
      objects.create(
          new ResourcePath("/api/v1/namespaces", "", "namespaces", "", ""),
          object("v1", "Namespace", "", name));
    }
  }

  private HttpServer listen(int at) {
    return await(
        () -> vertx.createHttpServer().requestHandler(this::receive).listen(at, "127.0.0.1"));
  }

  private static <T> T await(java.util.function.Supplier<io.vertx.core.Future<T>> what) {
    try {
      return what.get().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** An object with nothing but its name. */
  static ObjectNode object(String apiVersion, String kind, String namespace, String name) {
    var object = JSON.createObjectNode().put("apiVersion", apiVersion).put("kind", kind);
    var metadata = object.putObject("metadata").put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    return object;
  }

  /** How a client finds it. */
  public Path kubeconfig(Path directory) {
    var text =
        """
        apiVersion: v1
        kind: Config
        current-context: test
        contexts: [{name: test, context: {cluster: test, user: test}}]
        clusters: [{name: test, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: test, user: {token: test}}]
        """
            .formatted(port);
    try {
      return Files.writeString(directory.resolve("kubeconfig-" + port), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public KubernetesObjects objects() {
    return objects;
  }

  public KubernetesWatches watches() {
    return watches;
  }

  /** All requests, as {@code GET /path?query}. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  public long requests(String beginning) {
    return requests.stream().filter(each -> each.startsWith(beginning)).count();
  }

  // --- what can go wrong

  /** Which requests: {@code "PATCH .*statefulsets.*"}. */
  static Predicate<Request> matching(String regex) {
    return request -> request.toString().matches(regex);
  }

  /** Answers requests with a failure and does nothing. */
  public void fail(String regex, int status, String reason, int times) {
    fault(regex, Optional.of(StatusAnswer.failure(status, reason, "as the test wants it")), times);
  }

  private void fault(String regex, Optional<StatusAnswer> answer, int times) {
    faults.add(new Fault(matching(regex), answer, Duration.ZERO, false, times));
  }

  /** The same, where more than method and path matters. */
  public void failIf(Predicate<Request> when, int status, String reason, int times) {
    var answer = StatusAnswer.failure(status, reason, "as the test wants it");
    faults.add(new Fault(when, Optional.of(answer), Duration.ZERO, false, times));
  }

  /** Does what is asked and then says that it has failed. */
  public void failAfterwards(String regex, int status, String reason, int times) {
    var answer = StatusAnswer.failure(status, reason, "as the test wants it");
    faults.add(new Fault(matching(regex), Optional.of(answer), Duration.ZERO, true, times));
  }

  public void delay(String regex, Duration delay) {
    faults.add(new Fault(matching(regex), Optional.empty(), delay, false, Integer.MAX_VALUE));
  }

  public void heal() {
    faults.clear();
  }

  /** Refuses connections from now on, and drops those that there are. */
  public void goAway() {
    var gone = server;
    await(gone::close);
  }

  public void comeBack() {
    server = listen(port);
  }

  // --- requests

  private void receive(HttpServerRequest request) {
    if (isWatch(request)) {
      requests.add("WATCH " + request.uri());
      var asked = new Request("WATCH", request.path(), query(request), "", Optional.empty());
      var fault = faults.stream().filter(each -> each.applies(asked)).findFirst();
      if (fault.isPresent() && fault.get().answer.isPresent()) {
        respond(request, fault.get().answer.get());
      } else {
        watches.begin(request, ResourcePath.of(request.path()).orElseThrow());
      }
      return;
    }
    request
        .body()
        .onSuccess(body -> {
          requests.add(request.method() + " " + request.uri());
          var asked =
              new Request(
                  request.method().name(),
                  request.path(),
                  query(request),
                  request.headers().get("Content-Type") == null
                      ? ""
                      : request.headers().get("Content-Type"),
                  json(body));
          var fault = faults.stream().filter(each -> each.applies(asked)).findFirst();
          long delay = fault.map(each -> each.delay.toMillis()).orElse(0L);
          Consumer<Object> go =
              none -> {
                if (fault.isPresent() && fault.get().answer.isPresent()) {
                  if (fault.get().afterwards) {
                    answer(asked, request);
                  }
                  respond(request, fault.get().answer.get());
                } else {
                  respond(request, answer(asked, request));
                }
              };
          if (delay > 0) {
            vertx.setTimer(delay, timer -> go.accept(timer));
          } else {
            go.accept(asked);
          }
        });
  }

  private static String query(HttpServerRequest request) {
    return request.query() == null ? "" : request.query();
  }

  private static boolean isWatch(HttpServerRequest request) {
    var watch = request.getParam("watch");
    return "true".equals(watch) || "1".equals(watch);
  }

  private static Optional<JsonNode> json(Buffer body) {
    try {
      return body.length() == 0 ? Optional.empty() : Optional.of(JSON.readTree(body.getBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private StatusAnswer answer(Request asked, HttpServerRequest request) {
    var path = ResourcePath.of(asked.path());
    if (path.isEmpty()) {
      return StatusAnswer.failure(404, "NotFound", "no such path: " + asked.path());
    }
    var at = path.get();
    try {
      return switch (asked.method()) {
        case "GET" -> at.name().isEmpty() ? objects.list(at, request.params()) : objects.get(at);
        case "POST" -> objects.create(at, (ObjectNode) asked.body().orElseThrow());
        case "PUT" -> objects.replace(at, (ObjectNode) asked.body().orElseThrow());
        case "PATCH" ->
            switch (asked.contentType().split(";")[0]) {
              case "application/merge-patch+json" ->
                  objects.mergePatch(at, asked.body().orElseThrow());
              case "application/strategic-merge-patch+json" ->
                  objects.strategicMergePatch(at, asked.body().orElseThrow());
              default -> StatusAnswer.failure(415, "UnsupportedMediaType", asked.contentType());
            };
        case "DELETE" -> objects.delete(at, asked.body());
        default -> StatusAnswer.failure(405, "MethodNotAllowed", asked.method());
      };
    } finally {
      watches.tell();
    }
  }

  private static void respond(HttpServerRequest request, StatusAnswer answer) {
    request
        .response()
        .setStatusCode(answer.status())
        .putHeader("Content-Type", "application/json")
        .end(answer.body().toString());
  }

  /** Changes something as a controller of Kubernetes would, and tells who watches. */
  public void asController(Consumer<KubernetesObjects> change) {
    change.accept(objects);
    watches.tell();
  }

  @Override
  public void close() {
    await(vertx::close);
  }
}
