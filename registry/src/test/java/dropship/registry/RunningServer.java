package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;

/**
 * The real server on free ports, and a client for it. Users are called what they may do, and each
 * has its name for a password: {@code pull} and {@code push} on the registry's side, {@code admin}
 * and {@code pull} on the api's.
 */
abstract class RunningServer implements AutoCloseable {
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

  private final Path directory;
  private final Optional<SSLContext> tls;
  private final HttpClient client;

  /**
   * A client for a server that is configured by what is in {@code directory}, and by variables.
   *
   * @param variables replace keys of the configuration
   */
  RunningServer(Path directory, Map<String, String> variables) throws Exception {
    this.directory = directory;
    var certificate = Optional.ofNullable(variables.get("DROPSHIP_REGISTRY_TLS_CERTIFICATE"));
    this.tls =
        certificate.isEmpty()
            ? Optional.empty()
            : Optional.of(
                Certificates.trusting(Certificates.read(directory.resolve(certificate.get()))));
    var builder =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE);
    tls.ifPresent(builder::sslContext);
    this.client = builder.build();
  }

  /** Writes a configuration, and the passwords it names, into {@code directory}. */
  static Path configure(Path directory) throws IOException {
    for (var user : List.of("pull", "push", "admin")) {
      Files.writeString(directory.resolve(user + ".pw"), user + "\n");
    }
    return Files.writeString(directory.resolve("dropship.yml"), CONFIG);
  }

  /** Starts a server in this process. Its store is in memory unless the variables say otherwise. */
  static RunningServer start(Path directory, Map<String, String> variables) throws Exception {
    return new InThisProcess(directory, variables);
  }

  static RunningServer start(Path directory) throws Exception {
    return start(directory, Map.of());
  }

  /** Starts a server in this process whose store is {@link #store}. */
  static RunningServer startOnDisk(Path directory, Map<String, String> variables) throws Exception {
    var all = new HashMap<>(local(storeIn(directory)));
    all.putAll(variables);
    return start(directory, all);
  }

  static RunningServer startOnDisk(Path directory) throws Exception {
    return startOnDisk(directory, Map.of());
  }

  /** The variables of a server whose store is the directory {@code store}. */
  static Map<String, String> local(Path store) {
    return Map.of("DROPSHIP_STORE_TYPE", "local", "DROPSHIP_STORE_PATH", store.toString());
  }

  private static Path storeIn(Path directory) {
    return directory.toAbsolutePath().resolve("store");
  }

  private static final class InThisProcess extends RunningServer {
    private final Server server;

    InThisProcess(Path directory, Map<String, String> variables) throws Exception {
      super(directory, variables);
      server = Server.start(Config.read(configure(directory), variables));
    }

    @Override
    int port(String surface) {
      return server.port(surface);
    }

    @Override
    void stop() {
      server.stop();
    }
  }

  abstract int port(String surface);

  abstract void stop() throws Exception;

  @Override
  public void close() throws Exception {
    client.shutdownNow();
    stop();
  }

  /** Where a server that keeps things on disk keeps them. */
  Path store() {
    return storeIn(directory);
  }

  /** The files below {@code directory}. */
  static List<Path> filesBelow(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** What uploads and imports have on disk while they are under way. */
  List<Path> partial() throws IOException {
    return filesBelow(store().resolve(".dropship/partial"));
  }

  String url(String surface, String path) {
    var scheme = surface.equals("registry") && tls.isPresent() ? "https" : "http";
    return "%s://127.0.0.1:%d%s".formatted(scheme, port(surface), path);
  }

  private HttpRequest.Builder request(String surface, String path) {
    return HttpRequest.newBuilder(URI.create(url(surface, path))).timeout(PATIENCE);
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

  /** The same, with the droplet in a file. */
  HttpResponse<byte[]> upload(String guid, String hash, Path droplet)
      throws IOException, InterruptedException {
    var form =
        BodyPublishers.concat(
            BodyPublishers.ofByteArray(Form.before("droplet")),
            BodyPublishers.ofFile(droplet),
            BodyPublishers.ofByteArray(Form.after()));
    return send(
        api("/droplets/%s/%s".formatted(guid, hash))
            .header("Content-Type", Form.contentType())
            .PUT(form));
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

  /** With the droplet {@code guid/hash}, whose page says hello, on the root file system 1.0. */
  RunningServer withHello() throws IOException, InterruptedException {
    return withRootfs("1.0").withDroplet("guid", "hash", Tars.droplet("hello"));
  }

  /** Uploads a droplet that must be taken. */
  RunningServer withDroplet(String guid, String hash, byte[] droplet)
      throws IOException, InterruptedException {
    assertThat(upload(guid, hash, droplet).statusCode()).isEqualTo(201);
    return this;
  }

  /** The layer that a droplet has become, as it is stored and decompressed on the way. */
  record DropletLayer(String digest, long size, String diffId) {}

  DropletLayer dropletLayer(String guid, String hash) throws IOException, InterruptedException {
    var repository = "/v2/cloudfoundry/" + guid;
    var manifest = json(get(repository + "/manifests/" + hash));
    var config = manifest.getJsonObject("config").getString("digest");
    var diffIds =
        json(get(repository + "/blobs/" + config)).getJsonObject("rootfs").getJsonArray("diff_ids");
    var layer = manifest.getJsonArray("layers").getJsonObject(2);
    return new DropletLayer(layer.getString("digest"), layer.getLong("size"), diffIds.getString(2));
  }

  /** Pulls an image, every byte of which must hash to its digest. */
  void expectWholeImage(String guid, String reference) throws IOException, InterruptedException {
    var repository = "/v2/cloudfoundry/" + guid;
    var manifest = get(repository + "/manifests/" + reference);
    assertThat(manifest.statusCode()).as(reference).isEqualTo(200);
    assertThat(manifest.headers().allValues("Docker-Content-Digest"))
        .containsExactly(Tars.digest(manifest.body()));
    var blobs = json(manifest).getJsonArray("layers").copy();
    blobs.add(json(manifest).getJsonObject("config"));
    for (int i = 0; i < blobs.size(); i++) {
      var digest = blobs.getJsonObject(i).getString("digest");
      assertThat(Tars.digest(get(repository + "/blobs/" + digest).body())).isEqualTo(digest);
    }
  }

  /** The headers of an answer, but for those that are another's in each. */
  static Map<String, List<String>> description(HttpResponse<?> response) {
    var headers = new TreeMap<>(response.headers().map());
    headers.remove("x-vcap-request-id");
    return headers;
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

  /** A metric: of a name with labels its value, of one without the sum over all labels. */
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
    return connect(surface, 256 * 1024);
  }

  /** The same, for a client that takes its time. */
  RawConnection connectSlowly(String surface) throws IOException {
    return connect(surface, 4 * 1024);
  }

  private RawConnection connect(String surface, int ahead) throws IOException {
    SocketFactory sockets =
        surface.equals("registry") && tls.isPresent()
            ? tls.get().getSocketFactory()
            : SocketFactory.getDefault();
    return new RawConnection(sockets, port(surface), ahead);
  }
}
