package dropship.registry;

import static dropship.registry.RunningServer.json;
import static dropship.registry.RunningServer.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Droplets as the Cloud Controller puts, gets, copies and deletes them. */
@Timeout(60)
class DropletApiTest {
  @AutoClose private static RunningServer server;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    server = RunningServer.start(directory).withRootfs("1.0");
  }

  private static HttpResponse<byte[]> get(String path) throws Exception {
    return server.send(server.api(path));
  }

  private static HttpResponse<byte[]> copy(String body, String to) throws Exception {
    return server.send(
        server
            .api("/droplets/" + to)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(body)));
  }

  private static int statusOfManifest(String guid, String hash) throws Exception {
    return server.get("/v2/cloudfoundry/%s/manifests/%s".formatted(guid, hash)).statusCode();
  }

  @Test
  void answersAnUploadWithAllThatTheCloudControllerReads() throws Exception {
    var droplet = Tars.droplet("hello");

    var answer = server.upload("uploaded", "hash", droplet);

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
    var body = json(answer);
    assertThat(OffsetDateTime.parse(body.getString("created_at"))).isNotNull();
    body.remove("created_at");
    assertThat(body)
        .isEqualTo(
            new JsonObject()
                .put("guid", "uploaded/hash")
                .put("state", "READY")
                .put("type", "bits")
                .put("sha1", DigestUtils.sha1Hex(droplet))
                .put("sha256", DigestUtils.sha256Hex(droplet)));
    assertThat(statusOfManifest("uploaded", "hash")).isEqualTo(200);
  }

  @Test
  void acceptsAnAsynchronousUploadAndHasItReadyAtOnce() throws Exception {
    var answer =
        server.send(
            server
                .api("/droplets/async/hash?async=true")
                .header("Content-Type", Form.contentType())
                .PUT(BodyPublishers.ofByteArray(Form.of("droplet", Tars.droplet("later")))));

    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(json(answer).getString("state")).isEqualTo("PROCESSING_UPLOAD");
    assertThat(statusOfManifest("async", "hash")).isEqualTo(200);
  }

  @Test
  void givesBackTheBytesWholeAndInParts() throws Exception {
    var droplet = Tars.bulkyDroplet(100_000);
    server.withDroplet("kept", "hash", droplet);

    var get = get("/droplets/kept/hash");
    assertThat(get.statusCode()).isEqualTo(200);
    assertThat(get.body()).isEqualTo(droplet);

    var head = server.send(server.api("/droplets/kept/hash").HEAD());
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(RunningServer.description(head)).isEqualTo(RunningServer.description(get));

    var part = server.send(server.api("/droplets/kept/hash").header("Range", "bytes=1000-1999"));
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo(Arrays.copyOfRange(droplet, 1000, 2000));

    var beyond = server.send(server.api("/droplets/kept/hash").header("Range", "bytes=900000-"));
    assertThat(beyond.statusCode()).isEqualTo(416);
    assertThat(beyond.headers().firstValue("Content-Range")).hasValue("bytes */" + droplet.length);

    var etag = get.headers().firstValue("ETag").orElseThrow();
    var again = server.send(server.api("/droplets/kept/hash").header("If-None-Match", etag));
    assertThat(again.statusCode()).isEqualTo(304);
  }

  @Test
  void knowsADropletByItsNameInAnyCase() throws Exception {
    server.withDroplet("MIXED", "HaSh", Tars.droplet("case"));

    assertThat(get("/droplets/mixed/hash").statusCode()).isEqualTo(200);
    assertThat(get("/droplets/Mixed/HASH").statusCode()).isEqualTo(200);
  }

  @Test
  void deletesADropletAndItsImageOnce() throws Exception {
    server.withDroplet("deleted", "hash", Tars.droplet("soon gone"));
    assertThat(statusOfManifest("deleted", "hash")).isEqualTo(200);

    var first = server.send(server.api("/droplets/deleted/hash").DELETE());

    assertThat(first.statusCode()).isEqualTo(204);
    assertThat(first.body()).isEmpty();
    assertThat(get("/droplets/deleted/hash").statusCode()).isEqualTo(404);
    assertThat(statusOfManifest("deleted", "hash")).isEqualTo(404);
    assertThat(server.get("/v2/cloudfoundry/deleted/tags/list").statusCode()).isEqualTo(404);
    assertThat(server.send(server.api("/droplets/deleted/hash").DELETE()).statusCode())
        .isEqualTo(404);
  }

  @Test
  void deletesOneOfTwoDropletsOfTheSameBytesAndKeepsTheOther() throws Exception {
    var droplet = Tars.droplet("twice");
    server.withDroplet("twin-1", "hash", droplet).withDroplet("twin-2", "hash", droplet);

    server.send(server.api("/droplets/twin-1/hash").DELETE());

    var manifest = json(server.get("/v2/cloudfoundry/twin-2/manifests/hash"));
    var layer = manifest.getJsonArray("layers").getJsonObject(2).getString("digest");
    assertThat(server.get("/v2/cloudfoundry/twin-2/blobs/" + layer).statusCode()).isEqualTo(200);
  }

  @Test
  void copiesADropletAndItsImage() throws Exception {
    var droplet = Tars.droplet("original");
    server.withDroplet("original", "hash", droplet);

    var answer = copy("{\"source_guid\":\"original/hash\"}", "copy/hash2");

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(json(answer).getString("guid")).isEqualTo("copy/hash2");
    assertThat(json(answer).getString("state")).isEqualTo("READY");
    assertThat(json(answer).getString("sha1")).isEmpty();
    assertThat(json(answer).getString("sha256")).isEmpty();
    server.send(server.api("/droplets/original/hash").DELETE());
    assertThat(get("/droplets/copy/hash2").body()).isEqualTo(droplet);
    assertThat(statusOfManifest("copy", "hash2")).isEqualTo(200);
  }

  @Test
  void copiesADropletOntoItself() throws Exception {
    var droplet = Tars.droplet("myself");
    server.withDroplet("self", "hash", droplet);

    assertThat(copy("{\"source_guid\":\"self/hash\"}", "self/hash").statusCode()).isEqualTo(201);

    assertThat(get("/droplets/self/hash").body()).isEqualTo(droplet);
    assertThat(statusOfManifest("self", "hash")).isEqualTo(200);
  }

  @Test
  void saysThatThereIsNothingToCopy() throws Exception {
    var answer = copy("{\"source_guid\":\"nobody/hash\"}", "copy/of-nothing");

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).isEmpty();
    assertThat(get("/droplets/copy/of-nothing").statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "\"text\"",
        "null",
        "{}",
        "{\"source_guid\":\"\"}",
        "{\"source_guid\":7}",
        "{\"source_guid\":\"one-segment\"}",
        "{\"source_guid\":\"/hash\"}",
        "{\"source_guid\":\"guid/\"}",
        "{\"source_guid\":\"guid/hash/more\"}",
        "{\"source_guid\":\"../hash\"}"
      })
  void refusesACopyOfWhatIsNoName(String body) throws Exception {
    var answer = copy(body, "copy/refused");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(json(answer).getInteger("code")).isEqualTo(290003);
    assertThat(json(answer).getString("description")).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sha256", "SHA256", "Sha256"})
  void takesARawBodyUnderTheHashInItsHeaderAsItIs(String algorithm) throws Exception {
    var droplet = Tars.droplet("raw " + algorithm);

    var answer =
        server.send(
            server
                .api("/droplets/raw-1")
                .header("Digest", algorithm + "=abcdefg")
                .header("Content-Type", "application/x-anything")
                .PUT(BodyPublishers.ofByteArray(droplet)));

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(json(answer).getString("guid")).isEqualTo("raw-1");
    assertThat(json(answer).getString("sha1")).isEmpty();
    assertThat(json(answer).getString("sha256")).isEmpty();
    assertThat(get("/droplets/raw-1/abcdefg").body()).isEqualTo(droplet);
    assertThat(statusOfManifest("raw-1", "abcdefg")).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
                         | No Digest header
          abc            | Digest must have format sha256=value, but is abc
          md5=abc        | Digest must have format sha256=value, but is md5=abc
          sha256=ab=cd   | Digest must have format sha256=value, but is sha256=ab=cd
          sha256=YWJjZA==| Digest must have format sha256=value, but is sha256=YWJjZA==
          sha256=        | Digest must have format sha256=value. Value cannot be empty
          """)
  void refusesARawBodyWithoutAHash(String digest, String description) throws Exception {
    var request =
        server.api("/droplets/raw-2").PUT(BodyPublishers.ofByteArray(Tars.droplet("refused")));

    var answer = server.send(digest == null ? request : request.header("Digest", digest));

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(json(answer))
        .isEqualTo(new JsonObject().put("description", description).put("code", 290003));
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          GET,    /droplets/nobody/hash
          GET,    /droplets/one-segment
          GET,    /droplets/three/segments/long
          GET,    /droplets/
          DELETE, /droplets/nobody/hash
          DELETE, /droplets/one-segment
          HEAD,   /droplets/nobody/hash
          """)
  void saysNothingOfWhatIsNotThere(String method, String path) throws Exception {
    var answer = server.send(server.api(path).method(method, BodyPublishers.noBody()));

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void keepsARecordWhoseBytesAreUploadedAgainAndReplacesItForOthers() throws Exception {
    var first = Tars.droplet("first");
    server.withDroplet("again", "hash", first);
    var before = server.get("/v2/cloudfoundry/again/manifests/hash").body();

    server.withDroplet("again", "hash", first);

    assertThat(server.get("/v2/cloudfoundry/again/manifests/hash").body()).isEqualTo(before);

    var second = Tars.droplet("second");
    server.withDroplet("again", "hash", second);

    assertThat(get("/droplets/again/hash").body()).isEqualTo(second);
    var manifest = server.get("/v2/cloudfoundry/again/manifests/hash");
    assertThat(manifest.body()).isNotEqualTo(before);
    var layer = json(manifest).getJsonArray("layers").getJsonObject(2).getString("digest");
    var tar = Tars.unzstd(server.get("/v2/cloudfoundry/again/blobs/" + layer).body());
    assertThat(new String(tar, StandardCharsets.ISO_8859_1)).contains("second");
  }

  @Test
  void keepsADropletOfWhichNoImageCanBeMadeAndSaysWhy() throws Exception {
    var bytes = HexFormat.of().parseHex("00ff00ff");

    assertThat(server.upload("unsuitable", "hash", bytes).statusCode()).isEqualTo(201);

    assertThat(get("/droplets/unsuitable/hash").body()).isEqualTo(bytes);
    assertThat(text(get("/images/unsuitable/hash"))).contains("unsuitable").contains("gzip");
    server.withDroplet("unsuitable", "hash", Tars.droplet("repaired"));
    assertThat(statusOfManifest("unsuitable", "hash")).isEqualTo(200);
  }
}
