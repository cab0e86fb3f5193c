package dropship.registry;

import static dropship.registry.RunningServer.basic;
import static dropship.registry.RunningServer.code;
import static dropship.registry.RunningServer.json;
import static dropship.registry.RunningServer.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may use {@code /v2/}, which routes there are, and how it says no. */
@Timeout(60)
class RegistryApiTest {
  private static final String ZEROS = "0".repeat(64);
  @AutoClose private static RunningServer server;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    server =
        RunningServer.start(directory)
            .withHello()
            .withDroplet("manifests", "blobs", Tars.droplet("a repository called manifests"))
            .withDroplet("blobs", "manifests", Tars.droplet("a repository called blobs"))
            .withDroplet("broken", "hash", "not a droplet".getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v2/", "/v2"})
  void answersThePing(String path) throws Exception {
    var answer = server.get(path);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(json(answer)).isEqualTo(new JsonObject());
    assertThat(answer.headers().firstValue("Docker-Distribution-Api-Version"))
        .hasValue("registry/2.0");
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          GET,    /v2/
          GET,    /v2/cloudfoundry/guid/manifests/hash
          HEAD,   /v2/cloudfoundry/guid/manifests/hash
          GET,    /v2/cloudfoundry/guid/blobs/sha256:00
          GET,    /v2/cloudfoundry/guid/tags/list
          GET,    /v2/UPPER/tags/list
          GET,    /v2/_catalog
          GET,    /
          GET,    /metrics
          GET,    /droplets/guid/hash
          DELETE, /v2/cloudfoundry/guid/manifests/hash
          POST,   /v2/cloudfoundry/guid/blobs/uploads/
          """)
  void asksEverybodyWhoTheyAreOnEveryRoute(String method, String path) throws Exception {
    for (var credentials :
        List.of(
            "",
            basic("pull", "wrong"),
            basic("pull", ""),
            basic("nobody", "pull"),
            basic("", "pull"),
            basic("admin", "admin"), // known on the other side only
            "Basic ***",
            "Bearer pull")) {
      var request = server.anonymous(path).method(method, BodyPublishers.noBody());
      var answer =
          server.send(
              credentials.isEmpty() ? request : request.header("Authorization", credentials));

      assertThat(answer.statusCode()).as(credentials).isEqualTo(401);
      assertThat(answer.headers().firstValue("WWW-Authenticate"))
          .hasValueSatisfying(challenge -> assertThat(challenge).startsWith("Basic realm=\""));
      if (!method.equals("HEAD")) {
        assertThat(code(answer)).isEqualTo("UNAUTHORIZED");
      }
    }
  }

  @Test
  void takesTheSchemeInAnyCase() throws Exception {
    var credentials = basic("pull", "pull").replace("Basic", "bAsIc");

    assertThat(
            server.send(server.anonymous("/v2/").header("Authorization", credentials)).statusCode())
        .isEqualTo(200);
  }

  @Test
  void refusesAUserWhoMayNotPullAndDoesNotAskAgain() throws Exception {
    for (var path : List.of("/v2/", "/v2/cloudfoundry/guid/manifests/hash", "/elsewhere")) {
      var answer =
          server.send(server.anonymous(path).header("Authorization", basic("push", "push")));

      assertThat(answer.statusCode()).isEqualTo(403);
      assertThat(code(answer)).isEqualTo("DENIED");
      assertThat(answer.headers().firstValue("WWW-Authenticate")).isEmpty();
    }
  }

  @ParameterizedTest(name = "{0} {1}: {2} {3}")
  @CsvSource(
      textBlock =
          """
          GET,    /v2/cloudfoundry/guid/manifests/unknown,           404, MANIFEST_UNKNOWN
          GET,    /v2/cloudfoundry/guid/manifests/hash.cflinuxfs4-9, 404, MANIFEST_UNKNOWN
          GET,    /v2/cloudfoundry/guid/manifests/.cflinuxfs4-1.0,   404, MANIFEST_UNKNOWN
          GET,    /v2/cloudfoundry/guid/manifests/-tag,              404, MANIFEST_UNKNOWN
          GET,    /v2/cloudfoundry/guid/manifests/sha256:ZEROS,      404, MANIFEST_UNKNOWN
          GET,    /v2/cloudfoundry/nobody/manifests/hash,            404, MANIFEST_UNKNOWN
          GET,    /v2/cloudfoundry/guid/manifests/sha256:abc,        400, DIGEST_INVALID
          GET,    /v2/cloudfoundry/guid/manifests/md5:ZEROS,         400, DIGEST_INVALID
          GET,    /v2/cloudfoundry/guid/manifests/a:b,               400, DIGEST_INVALID
          GET,    /v2/cloudfoundry/guid/blobs/sha256:ZEROS,          404, BLOB_UNKNOWN
          GET,    /v2/cloudfoundry/nobody/blobs/sha256:ZEROS,        404, BLOB_UNKNOWN
          GET,    /v2/cloudfoundry/guid/blobs/sha256:,               400, DIGEST_INVALID
          GET,    /v2/cloudfoundry/guid/blobs/hash,                  400, DIGEST_INVALID
          GET,    /v2/cloudfoundry/guid/blobs/SHA256:ZEROS,          400, DIGEST_INVALID
          GET,    /v2/cloudfoundry/nobody/tags/list,                 404, NAME_UNKNOWN
          GET,    /v2/cloudfoundry/tags/list,                        404, NAME_UNKNOWN
          GET,    /v2/elsewhere/guid/manifests/hash,                 404, NAME_UNKNOWN
          GET,    /v2/cloudfoundry/guid/more/manifests/hash,         404, NAME_UNKNOWN
          GET,    /v2/cloudfoundry/GUID/manifests/hash,              400, NAME_INVALID
          GET,    /v2/cloudfoundry/-/manifests/hash,                 400, NAME_INVALID
          GET,    /v2/cloudfoundry//guid/manifests/hash,             400, NAME_INVALID
          GET,    /v2/cloudfoundry/%2e%2e/guid/manifests/hash,       400, NAME_INVALID
          GET,    /v2/cloudfoundry/../guid/manifests/hash,           400, NAME_INVALID
          GET,    /v2/../metrics,                                    404, UNSUPPORTED
          GET,    /v2/cloudfoundry/..%2fguid/manifests/hash,         400, NAME_INVALID
          GET,    /v2/cloudfoundry/gu%00id/manifests/hash,           400, NAME_INVALID
          GET,    /v2/cloudfoundry/guid/tags/list?n=many,            400, PAGINATION_NUMBER_INVALID
          GET,    /v2/cloudfoundry/guid/tags/list?n=-1,              400, PAGINATION_NUMBER_INVALID
          GET,    /v2/_catalog,                                      404, UNSUPPORTED
          GET,    /elsewhere,                                        404, UNSUPPORTED
          GET,    /v2/cloudfoundry/guid/manifests/,                  404, UNSUPPORTED
          PUT,    /v2/cloudfoundry/guid/manifests/hash,              405, UNSUPPORTED
          DELETE, /v2/cloudfoundry/guid/manifests/hash,              405, UNSUPPORTED
          DELETE, /v2/cloudfoundry/guid/blobs/sha256:ZEROS,          405, UNSUPPORTED
          POST,   /v2/,                                              405, UNSUPPORTED
          """)
  void saysWhatIsWrongAsTheSpecificationHasIt(String method, String path, int status, String code)
      throws Exception {
    var answer =
        server.send(
            server.registry(path.replace("ZEROS", ZEROS)).method(method, BodyPublishers.noBody()));

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(code(answer)).isEqualTo(code);
    assertThat(json(answer).getJsonArray("errors").getJsonObject(0).getString("message"))
        .isNotBlank();
    assertThat(answer.headers().allValues("Content-Type")).containsExactly("application/json");
  }

  @Test
  void answersAHeadThatFailsWithoutABody() throws Exception {
    var path = "/v2/cloudfoundry/guid/manifests/unknown";
    var get = server.get(path);

    var head = server.head(path);

    assertThat(head.statusCode()).isEqualTo(404);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValue("Content-Length"))
        .hasValue(Integer.toString(get.body().length));
  }

  @ParameterizedTest
  @CsvSource({"manifests,blobs", "blobs,manifests"})
  void servesARepositoryThatIsCalledLikeARoute(String guid, String hash) throws Exception {
    var repository = "/v2/cloudfoundry/" + guid;

    var manifest = server.get(repository + "/manifests/" + hash);
    assertThat(manifest.statusCode()).isEqualTo(200);
    var config = json(manifest).getJsonObject("config").getString("digest");
    assertThat(server.get(repository + "/blobs/" + config).statusCode()).isEqualTo(200);
    assertThat(json(server.get(repository + "/tags/list")).getString("name"))
        .isEqualTo("cloudfoundry/" + guid);
  }

  @Test
  void saysWhyThereIsNoImageOfADropletThatIsNone() throws Exception {
    for (var tag : List.of("hash", "hash.cflinuxfs4-1.0")) {
      var answer = server.get("/v2/cloudfoundry/broken/manifests/" + tag);

      assertThat(answer.statusCode()).isEqualTo(403);
      assertThat(code(answer)).isEqualTo("DENIED");
      assertThat(text(answer)).contains("broken/hash").contains("not a gzip");
    }
    assertThat(server.head("/v2/cloudfoundry/broken/manifests/hash").statusCode()).isEqualTo(403);
  }

  @Test
  void refusesABodyNobodyWantsAndClosesTheConnection() throws Exception {
    try (var connection = server.connect("registry")) {
      var answer =
          connection
              .head(
                  "PUT /v2/cloudfoundry/guid/manifests/hash HTTP/1.1",
                  "Authorization: " + basic("pull", "pull"),
                  "Content-Length: 1000000")
              .read();

      assertThat(answer.status()).isEqualTo(405);
      assertThat(answer.headers()).containsEntry("connection", "close");
      assertThat(connection.isEnded()).isTrue();
    }
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      textBlock =
          """
          GET /v2/LONG HTTP/1.1,                        414
          GET /v2/ HTTP/1.1\\r\\nX-Long: LONG,          431
          this is no request,                           400
          GET /v2/ HTTP/1.1\\r\\nContent-Length: many,  400
          """)
  void answersWhatItCannotReadInTheSameForm(String head, int status) throws Exception {
    try (var connection = server.connect("registry")) {
      var answer =
          connection
              .head(head.replace("\\r\\n", "\r\n").replace("LONG", "x".repeat(20_000)))
              .read();

      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.headers()).containsEntry("content-type", "application/json");
      assertThat(new JsonObject(answer.text()).getJsonArray("errors")).hasSize(1);
      assertThat(connection.isEnded()).isTrue();
    }
  }
}
