package dropship.registry;

import static dropship.registry.RunningServer.eventually;
import static dropship.registry.RunningServer.filesBelow;
import static dropship.registry.RunningServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Uploads that break off, are too large or lead elsewhere leave nothing behind. */
@Timeout(60)
class BrokenUploadTest {
  private static final int LIMIT = 8 << 20; // of RunningServer's configuration
  private static final String PATH = "/droplets/guid/hash";
  @AutoClose private RunningServer server;
  @TempDir private Path directory;

  @BeforeEach
  void start() throws Exception {
    server = RunningServer.startOnDisk(directory);
  }

  /** What a broken upload has to leave: no droplet, no record, no layer, and in time no scratch. */
  private void expectNothingStored() throws Exception {
    assertThat(server.send(server.api(PATH)).statusCode()).isEqualTo(404);
    assertThat(server.send(server.api("/images/guid/hash")).statusCode()).isEqualTo(404);
    eventually("nothing is left in the scratch directory", () -> server.partial().isEmpty());
    assertThat(filesBelow(server.store()))
        .containsExactly(server.store().resolve(".dropship/lock"));
  }

  private RawConnection begin(RawConnection connection, long length, String... more)
      throws IOException {
    var lines =
        Arrays.asList(
            "PUT " + PATH + " HTTP/1.1",
            "Content-Type: " + Form.contentType(),
            "Content-Length: " + length);
    return connection.head(
        String.join("\r\n", lines) + (more.length == 0 ? "" : "\r\n" + String.join("\r\n", more)));
  }

  /** The length is as announced, so only the form's closing delimiter tells. */
  @Test
  void refusesAFormThatIsCutOffAnywhere() throws Exception {
    var form = Form.of("droplet", Tars.droplet("cut"));
    for (int length = 0; length <= form.length - 3; length += length < form.length - 80 ? 37 : 1) {
      var answer =
          server.send(
              server
                  .api(PATH)
                  .header("Content-Type", Form.contentType())
                  .PUT(BodyPublishers.ofByteArray(form, 0, length)));

      assertThat(answer.statusCode()).as("%d of %d bytes", length, form.length).isEqualTo(400);
    }
    expectNothingStored();
  }

  @Test
  void refusesAFormThatEndsInAFileWhichLooksLikeItsEnd() throws Exception {
    var file = ("content--" + Form.BOUNDARY + "--").getBytes(StandardCharsets.US_ASCII);
    var form = new Form().file("droplet", file).unended();
    for (int cut = 0; cut <= 2; cut++) {
      var answer =
          server.send(
              server
                  .api(PATH)
                  .header("Content-Type", Form.contentType())
                  .PUT(BodyPublishers.ofByteArray(form, 0, form.length - cut)));

      assertThat(answer.statusCode()).isEqualTo(400);
    }
    expectNothingStored();
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 40_000, 4_000_000})
  void forgetsAnUploadWhoseConnectionBreaks(int arrived) throws Exception {
    var form = Form.of("droplet", Tars.bulkyDroplet(5_000_000));
    try (var connection = server.connect("api")) {
      begin(connection, form.length).send(Arrays.copyOf(form, arrived));
      eventually("the upload has begun", () -> !server.partial().isEmpty());
    }
    expectNothingStored();
  }

  @Test
  void forgetsARawUploadWhoseConnectionBreaks() throws Exception {
    var droplet = Tars.bulkyDroplet(5_000_000);
    try (var connection = server.connect("api")) {
      connection
          .head(
              "PUT /droplets/guid HTTP/1.1",
              "Digest: sha256=hash",
              "Content-Length: " + droplet.length)
          .send(Arrays.copyOf(droplet, 2_000_000));
      eventually("the upload has begun", () -> !server.partial().isEmpty());
    }
    expectNothingStored();
  }

  @Test
  void keepsTheDropletThatWasThereWhenItsReplacementBreaksOff() throws Exception {
    var droplet = Tars.droplet("before");
    server.withRootfs("1.0").withDroplet("guid", "hash", droplet);
    var manifest = server.get("/v2/cloudfoundry/guid/manifests/hash").body();
    var form = Form.of("droplet", Tars.bulkyDroplet(5_000_000));
    try (var connection = server.connect("api")) {
      begin(connection, form.length).send(Arrays.copyOf(form, 2_000_000));
      eventually("the upload has begun", () -> !server.partial().isEmpty());
    }

    eventually("nothing is left in the scratch directory", () -> server.partial().isEmpty());
    assertThat(server.send(server.api(PATH)).body()).isEqualTo(droplet);
    assertThat(server.get("/v2/cloudfoundry/guid/manifests/hash").body()).isEqualTo(manifest);
  }

  /** Ruby's client sends everything before it reads the answer. */
  @Test
  void readsABodyThatIsTooLargeToItsEndAndGoesOn() throws Exception {
    var form = Form.of("droplet", Tars.noise(LIMIT + 1));
    try (var connection = server.connect("api")) {
      var refused = begin(connection, form.length).send(form).read();

      assertThat(refused.status()).isEqualTo(413);
      assertThat(refused.body()).isEmpty();
      var next = connection.head("GET " + PATH + " HTTP/1.1").read();
      assertThat(next.status()).isEqualTo(404);
    }
    expectNothingStored();
  }

  @Test
  void takesABodyOfExactlyTheLimit() throws Exception {
    int overhead = Form.of("droplet", new byte[0]).length;

    var answer = server.upload("guid", "hash", Tars.noise(LIMIT - overhead));

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(server.upload("guid", "more", Tars.noise(LIMIT - overhead + 1)).statusCode())
        .isEqualTo(413);
  }

  @Test
  void asksForALengthBecauseThereIsALimit() throws Exception {
    try (var connection = server.connect("api")) {
      var answer =
          connection
              .head(
                  "PUT " + PATH + " HTTP/1.1",
                  "Content-Type: " + Form.contentType(),
                  "Transfer-Encoding: chunked")
              .read();

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.text())
          .contains("290003")
          .contains("HTTP header does not contain Content-Length");
    }
  }

  @Test
  void letsAClientThatWaitsSendItsBody() throws Exception {
    var form = Form.of("droplet", Tars.droplet("patient"));
    try (var connection = server.connect("api")) {
      begin(connection, form.length, "Expect: 100-continue");
      assertThat(connection.read().status()).isEqualTo(100);

      assertThat(connection.send(form).read().status()).isEqualTo(201);
    }
  }

  @Test
  void refusesABodyThatIsTooLargeBeforeItIsSentIfTheClientWaits() throws Exception {
    try (var connection = server.connect("api")) {
      var answer = begin(connection, LIMIT + 1, "Expect: 100-continue").read();

      assertThat(answer.status()).isEqualTo(413);
      assertThat(connection.isEnded()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "..%2f..%2f..%2fevil/hash",
        "%2e%2e%2f/hash",
        "%2e%2e%2f%2e%2e/hash",
        "guid/..%2f..%2f..%2fevil",
        "guid/a%2fb",
        "..%5c..%5cevil/hash",
        "gu%00id/hash",
        "gu%0aid/hash",
        "guid/ha%7fsh",
        "gu%c3%a9id/hash",
        "gu%ffid/hash",
        "LONG/hash",
        "guid/LONG",
        "guid/LONGER"
      })
  void refusesNamesThatLeadElsewhere(String name) throws Exception {
    var before = filesBelow(directory);
    var path =
        "/droplets/" + name.replace("LONGER", "x".repeat(3000)).replace("LONG", "x".repeat(256));

    var answer =
        server.send(
            server
                .api(path)
                .header("Content-Type", Form.contentType())
                .PUT(BodyPublishers.ofByteArray(Form.of("droplet", Tars.droplet("evil")))));

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(json(answer).getInteger("code")).isEqualTo(290003);
    assertThat(server.send(server.api(path)).statusCode()).isEqualTo(400);
    assertThat(server.send(server.api(path).DELETE()).statusCode()).isEqualTo(400);
    assertThat(filesBelow(directory)).isEqualTo(before);
  }

  /** A segment of the store's keys has 255 characters at most, of which a record needs some. */
  @ParameterizedTest
  @ValueSource(ints = {128, 200, 249, 250, 251, 255})
  void storesADropletWithItsRecordOrNeither(int length) throws Exception {
    var hash = "h".repeat(length);

    int status = server.upload("guid", hash, Tars.droplet("long")).statusCode();

    assertThat(status).isIn(201, 400);
    int expected = status == 201 ? 200 : 400;
    assertThat(server.send(server.api("/droplets/guid/" + hash)).statusCode()).isEqualTo(expected);
    assertThat(server.send(server.api("/images/guid/" + hash)).statusCode()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/droplets/..", "/droplets/%2e%2e/%2e%2e/etc/passwd", "/droplets/Guid_1"})
  void refusesRawUploadsUnderNamesThatAreNoGuids(String path) throws Exception {
    var before = filesBelow(directory);

    var answer =
        server.send(
            server
                .api(path)
                .header("Digest", "sha256=hash")
                .PUT(BodyPublishers.ofByteArray(Tars.droplet("evil"))));

    assertThat(answer.statusCode()).isIn(400, 404, 405);
    assertThat(filesBelow(directory)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", "../../evil", "a/b", "a\\b", "."})
  void refusesRawUploadsWhoseHashLeadsElsewhere(String hash) throws Exception {
    var before = filesBelow(directory);

    var answer =
        server.send(
            server
                .api("/droplets/guid")
                .header("Digest", "sha256=" + hash)
                .PUT(BodyPublishers.ofByteArray(Tars.droplet("evil"))));

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(filesBelow(directory)).isEqualTo(before);
  }
}
