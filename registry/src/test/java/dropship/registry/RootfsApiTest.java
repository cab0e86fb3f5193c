package dropship.registry;

import static dropship.registry.RunningServer.STACK;
import static dropship.registry.RunningServer.basic;
import static dropship.registry.RunningServer.json;
import static dropship.registry.RunningServer.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /rootfs}: what operators do with root file systems. */
@Timeout(60)
class RootfsApiTest {
  @AutoClose private RunningServer server;
  @TempDir private Path directory;

  @BeforeEach
  void start() throws Exception {
    server = RunningServer.startOnDisk(directory);
  }

  private JsonObject list() throws Exception {
    return json(server.send(server.api("/rootfs")));
  }

  private static JsonObject layer(HttpResponse<byte[]> imported, int index) {
    return json(imported).getJsonArray("layers").getJsonObject(index);
  }

  private void expectNothingImported() throws Exception {
    assertThat(list().getJsonObject("stacks")).isEmpty();
    RunningServer.eventually(
        "nothing is left in the scratch directory", () -> server.partial().isEmpty());
  }

  @Test
  void importsPlainAndCompressedTarsAsTheSameFiles() throws Exception {
    var tar = Tars.rootfs("1.0");

    var plain = server.importRootfs("plain", tar);
    var gzip = server.importRootfs("gzip", Tars.gzip(tar));
    var zstd = server.importRootfs("zstd", Tars.zstd(tar));

    for (var imported : new HttpResponse<?>[] {plain, gzip, zstd}) {
      assertThat(imported.statusCode()).isEqualTo(201);
    }
    for (var imported : List.of(plain, gzip, zstd)) {
      assertThat(layer(imported, 0).getString("diffId")).isEqualTo(Tars.digest(tar));
      assertThat(layer(imported, 0).getInteger("uncompressedSize")).isEqualTo(tar.length);
      assertThat(layer(imported, 1)).isEqualTo(layer(plain, 1)); // the lifecycle layer
      assertThat(json(imported).getString("architecture")).isEqualTo("arm64");
    }
    assertThat(layer(plain, 0).getString("mediaType")).endsWith("tar+zstd");
    assertThat(layer(gzip, 0).getString("mediaType")).endsWith("tar+gzip");
    assertThat(layer(gzip, 0).getString("digest")).isEqualTo(Tars.digest(Tars.gzip(tar)));
    assertThat(layer(zstd, 0).getString("mediaType")).endsWith("tar+zstd");
    assertThat(layer(zstd, 0).getString("digest")).isEqualTo(Tars.digest(Tars.zstd(tar)));
  }

  static Stream<byte[]> notRootfs() {
    var tar = Tars.rootfs("1.0");
    var gzip = Tars.gzip(tar);
    var zstd = Tars.zstd(tar);
    return Stream.of(
        new byte[0],
        "garbage".getBytes(StandardCharsets.UTF_8),
        Tars.noise(5_000),
        Tars.gzip(Tars.noise(5_000)),
        Tars.zstd("garbage".getBytes(StandardCharsets.UTF_8)),
        new byte[10_240], // the end of a tar, and nothing before
        Arrays.copyOf(tar, 700), // within a header
        Arrays.copyOf(tar, 512), // between two files
        Arrays.copyOf(tar, tar.length - 512), // within the end
        Arrays.copyOf(gzip, gzip.length - 1),
        Arrays.copyOf(gzip, gzip.length / 2),
        Arrays.copyOf(zstd, zstd.length - 1),
        Arrays.copyOf(gzip, gzip.length + 5), // something follows
        Tars.tar(Tars.entry("oci-layout", "{}"), Tars.entry("index.json", "{}")),
        Tars.tar(Tars.entry("manifest.json", "[]"), Tars.entry("repositories", "{}")));
  }

  @ParameterizedTest
  @MethodSource("notRootfs")
  void refusesWhatIsNoRootfs(byte[] file) throws Exception {
    var answer = server.importRootfs("1.0", file);

    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(400);
    assertThat(json(answer).getString("error")).isNotBlank();
    expectNothingImported();
  }

  @Test
  void saysHowToGetTheFilesOfAnImage() throws Exception {
    var saved =
        Tars.tar(
            Tars.entry("manifest.json", "[]"),
            Tars.entry("oci-layout", "{}"),
            Tars.entry("index.json", "{}"));

    assertThat(text(server.importRootfs("1.0", saved))).contains("docker export");
  }

  @Test
  void forgetsAnImportWhoseConnectionBreaks() throws Exception {
    try (var connection = server.connect("api")) {
      connection
          .head(
              "PUT /rootfs/" + STACK + "/1.0 HTTP/1.1",
              "Authorization: " + basic("admin", "admin"),
              "Content-Length: 1000000")
          .send(Arrays.copyOf(Tars.rootfs("1.0"), 1024));
      RunningServer.eventually("the import has begun", () -> !server.partial().isEmpty());
    }
    expectNothingImported();
  }

  @Test
  void takesTheSameBytesAgainAndNoOthersUnderTheSameName() throws Exception {
    var first = server.importRootfs("1.0", Tars.rootfs("1.0"));
    var again = server.importRootfs("1.0", Tars.rootfs("1.0"));
    var other = server.importRootfs("1.0", Tars.rootfs("other"));

    assertThat(first.statusCode()).isEqualTo(201);
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(json(again)).isEqualTo(json(first));
    assertThat(other.statusCode()).isEqualTo(409);
    assertThat(json(other).getString("error")).contains(STACK + " 1.0");
    assertThat(list().getJsonObject("stacks").getJsonObject(STACK).getJsonArray("versions"))
        .hasSize(1);
  }

  @Test
  void listsVersionsAndWhichIsActiveSinceWhen() throws Exception {
    assertThat(list())
        .isEqualTo(new JsonObject().put("defaultStack", STACK).put("stacks", new JsonObject()));

    server.withRootfs("1.0").withRootfs("1.1");

    var stack = list().getJsonObject("stacks").getJsonObject(STACK);
    assertThat(stack.getJsonArray("versions").stream())
        .extracting(version -> ((JsonObject) version).getString("version"))
        .containsExactly("1.0", "1.1");
    assertThat(stack.getString("active")).isEqualTo("1.1");
    assertThat(stack.getString("previous")).isEqualTo("1.0");
    assertThat(stack.getInstant("since")).isNotNull();
  }

  @Test
  void activatesTwiceAsOnce() throws Exception {
    server.withRootfs("1.0").withRootfs("1.1");

    var first = server.activate("1.0");
    var again = server.activate("1.0");

    assertThat(json(first).getString("version")).isEqualTo("1.0");
    assertThat(json(first).getString("previous")).isEqualTo("1.1");
    assertThat(json(again)).isEqualTo(json(first));
  }

  @Test
  void refusesToActivateWhatIsNotThereAndToRemoveWhatIsActive() throws Exception {
    server.withRootfs("1.0").withRootfs("1.1");

    assertThat(server.activate("2.0").statusCode()).isEqualTo(404);
    var active = server.remove("1.1");
    assertThat(active.statusCode()).isEqualTo(409);
    assertThat(json(active).getString("error")).contains("1.1 is active");
    assertThat(server.remove("2.0").statusCode()).isEqualTo(404);

    assertThat(server.remove("1.0").statusCode()).isEqualTo(204);
    assertThat(server.remove("1.0").statusCode()).isEqualTo(204);
    assertThat(server.activate("1.0").statusCode()).isEqualTo(404);
  }

  @Test
  void bringsBackARemovedVersionWhenItIsImportedAgain() throws Exception {
    server.withRootfs("1.0").withRootfs("1.1");
    server.remove("1.0");

    assertThat(server.importRootfs("1.0", Tars.rootfs("other")).statusCode()).isEqualTo(409);
    assertThat(server.importRootfs("1.0", Tars.rootfs("1.0")).statusCode()).isEqualTo(200);
    assertThat(server.activate("1.0").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{}", "{\"version\":\"a/b\"}", "null"})
  void refusesToActivateWhatIsNoVersion(String body) throws Exception {
    var answer =
        server.send(server.api("/rootfs/" + STACK + "/active").PUT(BodyPublishers.ofString(body)));

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(json(answer).getString("error")).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/rootfs/UPPER/1.0",
        "/rootfs/stack/a%2fb",
        "/rootfs/stack/a%20b",
        "/rootfs/%2e%2e%2f/1"
      })
  void refusesNamesThatCannotBePartOfATag(String path) throws Exception {
    var answer = server.send(server.api(path).PUT(BodyPublishers.ofByteArray(Tars.rootfs("1.0"))));

    assertThat(answer.statusCode()).isEqualTo(400);
    expectNothingImported();
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      textBlock =
          """
          GET,    /rootfs
          PUT,    /rootfs/cflinuxfs4/1.0
          PUT,    /rootfs/cflinuxfs4/active
          DELETE, /rootfs/cflinuxfs4/1.0
          GET,    /rootfs/elsewhere/and/deeper
          """)
  void letsOnlyAdministratorsIn(String method, String path) throws Exception {
    var body = BodyPublishers.ofByteArray(Tars.rootfs("1.0"));
    for (var credentials : new String[] {basic("admin", "wrong"), basic("", ""), "Bearer x"}) {
      var answer =
          server.send(
              server.api(path).setHeader("Authorization", credentials).method(method, body));
      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(answer.headers().firstValue("WWW-Authenticate")).isPresent();
    }
    var answer =
        server.send(
            server
                .api(path)
                .setHeader("Authorization", basic("pull", "pull"))
                .method(method, body));
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(json(answer).getString("error")).contains("admin");
    expectNothingImported();
  }

  @Test
  void remembersEverythingInItsStore() throws Exception {
    server.withRootfs("1.0").withRootfs("1.1").withDroplet("guid", "hash", Tars.droplet("hello"));
    var before = list();
    var manifest = server.get("/v2/cloudfoundry/guid/manifests/hash").body();
    server.close();

    server = RunningServer.startOnDisk(directory);

    assertThat(list()).isEqualTo(before);
    assertThat(server.get("/v2/cloudfoundry/guid/manifests/hash").body()).isEqualTo(manifest);
  }
}
