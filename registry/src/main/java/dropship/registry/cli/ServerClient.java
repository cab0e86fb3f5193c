package dropship.registry.cli;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;

/** A server's api surface, as commands use it: blocking, with answers in JSON. */
public final class ServerClient {
  private static final Duration CONNECT = Duration.ofSeconds(10);

  private final URI server;
  private final Optional<String> authorization;
  private final HttpClient client;

  /** A client that has not connected yet. */
  public ServerClient(URI server, Optional<String> user, Optional<Path> passwordFile, ClientTls tls)
      throws IOException {
    if (server.getScheme() == null || server.getHost() == null) {
      throw new ServerRefused(
          "--server is '" + server + "', expected a URL such as https://bits.internal:8080");
    }
    this.server = server;
    this.authorization = authorization(user, passwordFile);
    this.client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(tls.context())
            .build();
  }

  private static Optional<String> authorization(Optional<String> user, Optional<Path> passwordFile)
      throws IOException {
    if (user.isEmpty()) {
      return Optional.empty();
    }
    var file =
        passwordFile.orElseThrow(() ->
            new ServerRefused("--user is given without --password-file (DROPSHIP_PASSWORD_FILE)"));
    var credentials = user.get() + ":" + Files.readString(file).strip();
    return Optional.of(
        "Basic "
            + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
  }

  public URI server() {
    return server;
  }

  /** What is at a path. */
  public JsonObject get(String path) throws IOException, InterruptedException {
    return send("GET", path, Optional.empty(), BodyPublishers.noBody());
  }

  JsonObject delete(String path) throws IOException, InterruptedException {
    return send("DELETE", path, Optional.empty(), BodyPublishers.noBody());
  }

  JsonObject post(String path) throws IOException, InterruptedException {
    return send("POST", path, Optional.empty(), BodyPublishers.noBody());
  }

  JsonObject put(String path, JsonObject body) throws IOException, InterruptedException {
    return send(
        "PUT", path, Optional.of("application/json"), BodyPublishers.ofString(body.encode()));
  }

  /** Sends a file as it is. */
  JsonObject put(String path, Path file) throws IOException, InterruptedException {
    return send(
        "PUT",
        path,
        Optional.of("application/octet-stream"),
        Progress.of(BodyPublishers.ofFile(existing(file))));
  }

  /** Sends a file as the one field of a form. */
  JsonObject putForm(String path, String field, Path file)
      throws IOException, InterruptedException {
    var boundary = "dropship-" + UUID.randomUUID();
    var before =
        "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\nContent-Type: application/octet-stream\r\n\r\n"
            .formatted(boundary, field, field);
    var body =
        BodyPublishers.concat(
            BodyPublishers.ofString(before),
            BodyPublishers.ofFile(existing(file)),
            BodyPublishers.ofString("\r\n--" + boundary + "--\r\n"));
    return send(
        "PUT", path, Optional.of("multipart/form-data; boundary=" + boundary), Progress.of(body));
  }

  private static Path existing(Path file) throws FileNotFoundException {
    if (!Files.isRegularFile(file)) {
      throw new ServerRefused("there is no file " + file);
    }
    return file;
  }

  private JsonObject send(
      String method, String path, Optional<String> contentType, BodyPublisher body)
      throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(server.resolve(path)).method(method, body);
    contentType.ifPresent(type -> request.header("Content-Type", type));
    authorization.ifPresent(value -> request.header("Authorization", value));
    var response = answerTo(request.build());
    if (response.statusCode() >= 300) {
      throw new ServerRefused(
          "%s %s: %d %s"
              .formatted(
                  method, server.resolve(path), response.statusCode(), reason(response.body())));
    }
    return response.body().isBlank() ? new JsonObject() : new JsonObject(response.body());
  }

  private HttpResponse<String> answerTo(HttpRequest request)
      throws IOException, InterruptedException {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (ConnectException | HttpConnectTimeoutException e) {
      throw new ServerRefused(
          "cannot reach " + server + ": is a server running there, and is --server right?");
    }
  }

  private static String reason(String body) {
    try {
      var json = new JsonObject(body);
      return json.getString("error", json.getString("description", body));
    } catch (DecodeException | ClassCastException notOurs) {
      return body;
    }
  }
}
