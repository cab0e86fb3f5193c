package dropship.scheduler;

import dropship.scheduler.lrp.MemoryLrps;
import dropship.scheduler.lrp.MemoryTasks;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** The real scheduler on free ports, with apps in memory, and a client that talks as CC does. */
final class RunningScheduler implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(30);
  static final String CONFIG =
      """
      opi: {listen: 127.0.0.1:0}
      ops: {listen: 127.0.0.1:0}
      registry: {api: "http://127.0.0.1:1", address: registry.example.com}
      kubernetes: {namespace: cf-workloads}
      """;

  /** What Cloud Controller calls its JSON. */
  private static final String FORM = "application/x-www-form-urlencoded";

  final MemoryLrps lrps;
  final MemoryTasks tasks = new MemoryTasks();
  final AtomicReference<Optional<String>> unready = new AtomicReference<>(Optional.empty());
  private final Scheduler scheduler;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();

  RunningScheduler(Path directory, Clock clock, Map<String, String> variables) throws Exception {
    lrps = new MemoryLrps(clock);
    var file = Files.writeString(directory.resolve("scheduler.yml"), CONFIG);
    scheduler =
        Scheduler.start(
            Config.read(file, variables),
            (vertx, metrics) -> new Backend(lrps, tasks, unready::get, this::addRoutes, () -> {}));
  }

  private void addRoutes(Router router) {
    router.get("/more").handler(context -> context.response().end("more"));
  }

  int port(String surface) {
    return scheduler.port(surface);
  }

  void stop() {
    scheduler.stop();
  }

  HttpResponse<String> send(String method, String path, byte[] body)
      throws IOException, InterruptedException {
    return client.send(
        request("opi", path)
            .method(method, BodyPublishers.ofByteArray(body))
            .header("Content-Type", FORM)
            .build(),
        BodyHandlers.ofString());
  }

  HttpResponse<String> ops(String path) throws IOException, InterruptedException {
    return client.send(request("ops", path).build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String surface, String path) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:%d%s".formatted(port(surface), path)))
        .timeout(PATIENCE);
  }

  @Override
  public void close() {
    client.shutdownNow();
    stop();
  }
}
