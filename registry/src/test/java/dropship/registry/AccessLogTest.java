package dropship.registry;

import static dropship.registry.RunningServer.basic;
import static dropship.registry.RunningServer.eventually;
import static dropship.registry.RunningServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the log of a real server says of requests, and what it never says. */
@Timeout(60)
class AccessLogTest {
  private static final String ID = "X-Vcap-Request-Id";

  private static Path store;
  private static ForkedServer server;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    server = ForkedServer.fork(directory, Map.of("DROPSHIP_LIMITS_DROPLETS", "32MiB"));
    store = server.store();
    server.withRootfs("1.0").withDroplet("guid", "hash", Tars.droplet("x"));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static List<JsonObject> lines() throws IOException {
    return server.log().lines().map(JsonObject::new).toList();
  }

  /** The line of the access log with this id. */
  private static JsonObject access(String id) throws Exception {
    eventually("it is logged", () -> !accesses(id).isEmpty());
    assertThat(accesses(id)).hasSize(1);
    return accesses(id).getFirst();
  }

  private static List<JsonObject> accesses(String id) throws IOException {
    return linesOf(id).stream().filter(line -> line.getString("logger").equals("access")).toList();
  }

  private static List<JsonObject> linesOf(String id) throws IOException {
    return lines().stream().filter(line -> id.equals(line.getString("request"))).toList();
  }

  private static String idOf(HttpResponse<?> answer) {
    return answer.headers().firstValue(ID).orElseThrow();
  }

  private static String newId() {
    return UUID.randomUUID().toString();
  }

  @Test
  void tellsWhoAskedForWhatAndWhatCameOfIt() throws Exception {
    var id = newId() + "::" + newId();
    var answer =
        server.send(
            server
                .registry("/v2/cloudfoundry/guid/manifests/hash?signature=s3cr3t")
                .header(ID, id)
                .header("User-Agent", "containerd/1.7"));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(idOf(answer)).isEqualTo(id);
    var line = access(id);
    assertThat(line.getInstant("timestamp"))
        .isBetween(Instant.now().minusSeconds(60), Instant.now());
    assertThat(line.getDouble("ms")).isBetween(0.0, 60_000.0);
    line.remove("timestamp");
    line.remove("ms");
    line.remove("thread");
    assertThat(line)
        .isEqualTo(
            new JsonObject()
                .put("level", "INFO")
                .put("logger", "access")
                .put("message", "GET /v2/cloudfoundry/guid/manifests/hash 200")
                .put("method", "GET")
                .put("path", "/v2/cloudfoundry/guid/manifests/hash")
                .put("status", 200)
                .put("surface", "registry")
                .put("client", "127.0.0.1")
                .put("user", "pull")
                .put("received", 0)
                .put("sent", answer.body().length)
                .put("agent", "containerd/1.7")
                .put("request", id));
  }

  @Test
  void countsWhatIsReceived() throws Exception {
    var form = Form.of("droplet", Tars.droplet("received"));
    var answer =
        server.send(
            server
                .api("/droplets/guid/other")
                .header("Content-Type", Form.contentType())
                .PUT(BodyPublishers.ofByteArray(form)));

    var line = access(idOf(answer));
    assertThat(line.getInteger("received")).isEqualTo(form.length);
    assertThat(line.getInteger("sent")).isEqualTo(answer.body().length);
    assertThat(line.getString("surface")).isEqualTo("api");
    assertThat(line.containsKey("user")).as("who has not been asked who they are").isFalse();
  }

  @Test
  void replacesAnIdThatIsNotWellFormed() throws Exception {
    for (var bad : List.of("a b", "a\"b", "", "x".repeat(201), "{}", "a,b", "é")) {
      var answer = server.send(server.registry("/v2/").header(ID, bad));

      assertThat(idOf(answer)).matches("[0-9a-f]{16}");
      assertThat(access(idOf(answer)).getInteger("status")).isEqualTo(200);
    }
    var first = server.get("/v2/");
    assertThat(idOf(first)).isNotEqualTo(idOf(server.get("/v2/")));
  }

  @Test
  void namesTheRequestInLinesOfItsConversion() throws Exception {
    var answer = server.upload("guid", "unsuitable", Tars.noise(1000));

    assertThat(answer.statusCode()).isEqualTo(201);
    access(idOf(answer));
    assertThat(linesOf(idOf(answer)))
        .anySatisfy(line -> {
          assertThat(line.getString("level")).isEqualTo("WARN");
          assertThat(line.getString("message")).contains("no image", "guid/unsuitable");
        });
  }

  @Test
  void keepsTheIdsOfRequestsApartThatWaitForTheSame() throws Exception {
    Files.writeString(store.resolve("dropship/droplets/guid/broken.json"), "no JSON");
    var answers =
        Stream.generate(() ->
                server
                    .client()
                    .sendAsync(
                        server.registry("/v2/cloudfoundry/guid/manifests/broken").build(),
                        HttpResponse.BodyHandlers.discarding()))
            .limit(30)
            .toList();

    for (var answer : answers) {
      var id = idOf(answer.join());
      assertThat(answer.join().statusCode()).isEqualTo(500);
      access(id);
      assertThat(linesOf(id))
          .extracting(line -> line.getString("level"))
          .containsExactlyInAnyOrder("ERROR", "INFO");
    }
  }

  @Test
  void givesWhoGotA500WhatFindsItsCause() throws Exception {
    Files.createDirectories(store.resolve("cc-droplets"));
    Files.writeString(store.resolve("cc-droplets/cl"), "where a directory should be");
    var id = newId();

    var answer =
        server.send(
            server
                .api("/droplets/clash/hash?signature=s3cr3t")
                .header(ID, id)
                .header("Content-Type", Form.contentType())
                .PUT(BodyPublishers.ofByteArray(Form.of("droplet", Tars.droplet("x")))));

    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(json(answer).getString("vcap-request-id")).isEqualTo(id);
    access(id);
    assertThat(linesOf(id))
        .filteredOn(line -> line.getString("level").equals("ERROR"))
        .singleElement()
        .satisfies(line -> {
          assertThat(line.getString("message")).isEqualTo("PUT /droplets/clash/hash failed");
          assertThat(line.getString("exception")).contains("cc-droplets/cl", "\n\tat ");
          assertThat(line.getLong("number")).isEqualTo(json(answer).getLong("request-id"));
        });
    assertThat(server.log()).doesNotContain("s3cr3t");
  }

  @Test
  void saysThatAClientHungUp() throws Exception {
    server.withDroplet("guid", "bulky", Tars.bulkyDroplet(24 << 20)); // more than buffers hold
    var id = newId();
    try (var connection = server.connectSlowly("api")) {
      connection.head("GET /droplets/guid/bulky HTTP/1.1", ID + ": " + id).awaitFirstByte();
    }

    var line = access(id);
    assertThat(line.getBoolean("cutOff")).isTrue();
    assertThat(line.getInteger("status")).isEqualTo(200);
    assertThat(line.containsKey("sent")).as("the kernel does not say how much").isFalse();
  }

  @Test
  void saysThatAnUploadBrokeOffBeforeItsAnswer() throws Exception {
    var form = Form.of("droplet", Tars.bulkyDroplet(5_000_000));
    var id = newId();
    try (var connection = server.connect("api")) {
      connection
          .head(
              "PUT /droplets/guid/broken-off HTTP/1.1",
              ID + ": " + id,
              "Content-Type: " + Form.contentType(),
              "Content-Length: " + form.length)
          .send(Arrays.copyOf(form, 1_000_000));
      eventually("it arrives", () -> !partial().isEmpty());
    }

    var line = access(id);
    assertThat(line.getBoolean("cutOff")).isTrue();
    assertThat(line.containsKey("status")).isFalse();
    assertThat(line.getString("message")).isEqualTo("PUT /droplets/guid/broken-off unanswered");
    assertThat(line.getLong("received")).isBetween(1L, 1_000_000L);
  }

  private static List<Path> partial() throws IOException {
    try (var files = Files.list(store.resolve(".dropship/partial"))) {
      return files.toList();
    }
  }

  @Test
  void saysNothingOfWhatIsAskedAllTheTime() throws Exception {
    var ids = new ArrayList<String>();
    for (var path : List.of("/livez", "/readyz", "/metrics")) {
      ids.add(idOf(server.ops(path)));
    }
    access(idOf(server.get("/v2/")));

    assertThat(ids).allSatisfy(id -> assertThat(linesOf(id)).isEmpty());
  }

  @Test
  void neverSaysWhatIsSecret() throws Exception {
    var token = basic("pull", "s3cr3t").substring("Basic ".length());
    for (var surface : List.of("registry", "api", "ops")) {
      for (var head :
          List.of(
              List.of("GET /v2/?signature=s3cr3t HTTP/1.1"),
              List.of("GET /v2/%3Fsignature=s3cr3t HTTP/1.1"),
              List.of("GET /rootfs HTTP/1.1", "Authorization: Basic " + token),
              List.of("GET /v2/ HTTP/1.1", "Authorization: Bearer s3cr3t"),
              List.of("GET /v2/ HTTP/1.1", "Authorization: Basic s3cr3t", "Cookie: s3cr3t"),
              List.of("GET http://pull:s3cr3t@localhost/v2/ HTTP/1.1"),
              List.of("GET http://localhost?signature=s3cr3t/s3cr3t HTTP/1.1"),
              List.of("CONNECT pull:s3cr3t@localhost:80 HTTP/1.1"),
              List.of("PUT /droplets/guid/h?signature=s3cr3t HTTP/1.1", "Content-Length: 0"),
              List.of("GET /v2/ HTTP/1.1", "Authorization: Basic " + token + "\u0001s3cr3t"),
              List.of("GET /v2/ HTTP/1.1", "Authorization Basic " + token),
              List.of("GET /v2/?signature=s3cr3t HTTP/9.9"),
              List.of("GET /v2/?signature=s3cr3t"),
              List.of("signature=s3cr3t"),
              List.of("GET /" + "s3cr3t".repeat(2_000) + " HTTP/1.1"),
              List.of("GET /v2/ HTTP/1.1", "Authorization: Basic " + "s3cr3t".repeat(3_000)))) {
        send(surface, head);
      }
    }
    access(idOf(server.get("/v2/?signature=s3cr3t")));

    assertThat(server.log())
        .doesNotContain("s3cr3t", token)
        .doesNotContain(basic("pull", "pull").substring(6), basic("admin", "admin").substring(6));
  }

  @Test
  void isNotForgedByRequests() throws Exception {
    var forged = "{\"level\":\"ERROR\",\"message\":\"forged\"}";
    for (var head :
        List.of(
            List.of("GET /v2/%0d%0a" + forged.replace("\"", "%22") + " HTTP/1.1"),
            List.of("GET /v2/\u000b\u001b[2J\u0085" + forged + " HTTP/1.1"),
            List.of("GET /v2/x\n" + forged + " HTTP/1.1"),
            List.of("GET /v2/ HTTP/1.1", ID + ": x\n" + forged),
            List.of("GET /v2/ HTTP/1.1", ID + ": x\r\n " + forged),
            List.of("GET /v2/ HTTP/1.1", "User-Agent: x\n" + forged),
            List.of("GET /v2/ HTTP/1.1", "User-Agent: x\r\n " + forged + "\u009b2J\"\\"),
            List.of("G\u001b[2JT /v2/ HTTP/1.1"))) {
      send("registry", head);
    }
    access(idOf(server.get("/v2/")));

    assertThat(server.log()).doesNotContainPattern("[\\p{Cntrl}\u0080-\u009f&&[^\n]]");
    assertThat(lines())
        .allSatisfy(line -> {
          assertThat(line.getString("message")).isNotEqualTo("forged");
          assertThat(line.fieldNames()).contains("timestamp", "level", "logger", "thread");
        });
  }

  /** Sends what may be no request at all, and waits until the server has had enough of it. */
  private static void send(String surface, List<String> head) throws IOException {
    try (var connection = server.connect(surface)) {
      var lines = new ArrayList<>(head);
      lines.add("Connection: close");
      connection.head(lines.toArray(String[]::new)).awaitFirstByte();
    }
  }
}
