package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * The real server on free ports, and a client for it. Users are called what they may do, and each
 * has its name for a password: {@code pull} and {@code push} on the registry's side, {@code admin}
 * and {@code pull} on the api's. The store is in memory unless the variables say otherwise.
 */
final class RunningServer implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(30);
  static final String STACK = "cflinuxfs4";
  private static final String CONFIG =
      """
      registry:
        listen: 127.0.0.1:0
        host: registry.example.com:5000
        users:
          - {name: pull, passwordFile: pull.pw, actions: [pull]}
          - {name: push, passwordFile: push.pw, actions: [push]}
      api:
        listen: 127.0.0.1:0
        users:
          - {name: admin, passwordFile: admin.pw, actions: [admin]}
          - {name: pull, passwordFile: pull.pw, actions: [pull]}
      ops: {listen: 127.0.0.1:0}
      store: {type: memory}
      limits: {droplets: 8MiB}
      """;

  private final Server server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();

  private RunningServer(Server server) {
    this.server = server;
  }

  /**
   * Starts a server.
   *
   * @param directory for its passwords
   * @param variables replace keys of the configuration
   */
  static RunningServer start(Path directory, Map<String, String> variables) throws IOException {
    for (var user : List.of("pull", "push", "admin")) {
      Files.writeString(directory.resolve(user + ".pw"), user + "\n");
    }
    var file = directory.resolve("dropship.yml");
    return new RunningServer(Server.start(Config.from(Settings.of(CONFIG, file, variables))));
  }

  static RunningServer start(Path directory) throws IOException {
    return start(directory, Map.of());
  }

  /** The variables of a server whose store is the directory {@code store}. */
  static Map<String, String> local(Path store) {
    return Map.of("DROPSHIP_STORE_TYPE", "local", "DROPSHIP_STORE_PATH", store.toString());
  }

  int port(String surface) {
    return server.port(surface);
  }

  private HttpRequest.Builder request(String surface, String path) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:%d%s".formatted(port(surface), path)))
        .timeout(PATIENCE);
  }

  /** A request to the kubelets' side, by the user pull. */
  HttpRequest.Builder registry(String path) {
    return request("registry", path).header("Authorization", basic("pull", "pull"));
  }

  /** A request to the registry by nobody. */
  HttpRequest.Builder anonymous(String path) {
    return request("registry", path);
  }

  /** A request to the Cloud Controller's side, by the user admin. */
  HttpRequest.Builder api(String path) {
    return request("api", path).header("Authorization", basic("admin", "admin"));
  }

  static String basic(String user, String password) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  HttpClient client() {
    return client;
  }

  /** GET on the registry's side. */
  HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return send(registry(path));
  }

  HttpResponse<byte[]> get(String path, String header, String value)
      throws IOException, InterruptedException {
    return send(registry(path).header(header, value));
  }

  HttpResponse<byte[]> head(String path) throws IOException, InterruptedException {
    return send(registry(path).HEAD());
  }

  /** Uploads a droplet as the Cloud Controller does. */
  HttpResponse<byte[]> upload(String guid, String hash, byte[] droplet)
      throws IOException, InterruptedException {
    return send(
        api("/droplets/%s/%s".formatted(guid, hash))
            .header("Content-Type", Form.contentType())
            .PUT(BodyPublishers.ofByteArray(Form.of("droplet", droplet))));
  }

  HttpResponse<byte[]> importRootfs(String version, byte[] tar)
      throws IOException, InterruptedException {
    return send(
        api("/rootfs/%s/%s".formatted(STACK, version)).PUT(BodyPublishers.ofByteArray(tar)));
  }

  HttpResponse<byte[]> activate(String version) throws IOException, InterruptedException {
    return send(
        api("/rootfs/%s/active".formatted(STACK))
            .PUT(BodyPublishers.ofString(new JsonObject().put("version", version).encode())));
  }

  HttpResponse<byte[]> remove(String version) throws IOException, InterruptedException {
    return send(api("/rootfs/%s/%s".formatted(STACK, version)).DELETE());
  }

  /** Makes {@code version}, of a root file system that says so, the one in use. */
  RunningServer withRootfs(String version) throws IOException, InterruptedException {
    assertThat(importRootfs(version, Tars.rootfs(version)).statusCode()).isEqualTo(201);
    assertThat(activate(version).statusCode()).isEqualTo(200);
    return this;
  }

  /** Uploads a droplet that must be taken. */
  RunningServer withDroplet(String guid, String hash, byte[] droplet)
      throws IOException, InterruptedException {
    assertThat(upload(guid, hash, droplet).statusCode()).isEqualTo(201);
    return this;
  }

  static JsonObject json(HttpResponse<byte[]> response) {
    return new JsonObject(text(response));
  }

  static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  /** The code of a registry's error. */
  static String code(HttpResponse<byte[]> response) {
    return json(response).getJsonArray("errors").getJsonObject(0).getString("code");
  }

  /** The sum of a metric over its labels. */
  double metric(String name) throws IOException, InterruptedException {
    var values =
        text(send(request("ops", "/metrics")))
            .lines()
            .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
            .map(line -> line.substring(line.lastIndexOf(' ') + 1))
            .toList();
    assertThat(values).as(name).isNotEmpty();
    return values.stream().mapToDouble(Double::parseDouble).sum();
  }

  HttpResponse<byte[]> ops(String path) throws IOException, InterruptedException {
    return send(request("ops", path));
  }

  /** Asks again and again until {@code condition} holds, and fails if it does not in time. */
  static void eventually(String what, Callable<Boolean> condition) throws Exception {
    within(PATIENCE, what, condition);
  }

  /** The same, for what must not take long. */
  static void within(Duration limit, String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("in vain waited until " + what).isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  /** A connection without a client library on it. */
  RawConnection connect(String surface) throws IOException {
    return new RawConnection(port(surface), 256 * 1024);
  }

  /** The same, for a client that takes its time. */
  RawConnection connectSlowly(String surface) throws IOException {
    return new RawConnection(port(surface), 4 * 1024);
  }

  @Override
  public void close() {
    client.shutdownNow();
    server.stop();
  }
}
