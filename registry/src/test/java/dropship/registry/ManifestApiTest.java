package dropship.registry;

import static dropship.registry.RunningServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
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

/** Manifests over {@code /v2/}: names, versions, and which kind a client gets. */
@Timeout(60)
class ManifestApiTest {
  private static final String OCI = "application/vnd.oci.image.manifest.v1+json";
  private static final String DOCKER = "application/vnd.docker.distribution.manifest.v2+json";
  private static final String MANIFESTS = "/v2/cloudfoundry/guid/manifests/";
  private static final String BLOBS = "/v2/cloudfoundry/guid/blobs/";

  @AutoClose private static RunningServer server;
  private static String digest;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    server =
        RunningServer.start(directory)
            .withHello()
            .withDroplet("other", "hash", Tars.droplet("another"));
    digest = Tars.digest(server.get(MANIFESTS + "hash").body());
  }

  private static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  @Test
  void servesOneManifestByTagPinningTagAndDigest() throws Exception {
    for (var reference :
        List.of("hash", "hash.cflinuxfs4-1.0", digest, digest.replace(":", "%3A"))) {
      var answer = server.get(MANIFESTS + reference);

      assertThat(answer.statusCode()).as(reference).isEqualTo(200);
      assertThat(Tars.digest(answer.body())).isEqualTo(digest);
      assertThat(header(answer, "Docker-Content-Digest")).isEqualTo(digest);
      assertThat(header(answer, "ETag")).isEqualTo('"' + digest + '"');
      assertThat(header(answer, "Content-Type")).isEqualTo(OCI);
      assertThat(json(answer).getString("mediaType")).isEqualTo(OCI);
      assertThat(json(answer).getInteger("schemaVersion")).isEqualTo(2);
    }
  }

  @Test
  void describesAnImageWhoseEveryByteHashesToItsDigest() throws Exception {
    var manifest = json(server.get(MANIFESTS + "hash"));
    var config = server.get(BLOBS + manifest.getJsonObject("config").getString("digest"));
    var diffIds = json(config).getJsonObject("rootfs").getJsonArray("diff_ids");

    assertThat(Tars.digest(config.body()))
        .isEqualTo(manifest.getJsonObject("config").getString("digest"));
    assertThat(json(config).getString("architecture")).isEqualTo("arm64");
    assertThat(manifest.getJsonArray("layers")).hasSize(3).hasSameSizeAs(diffIds);
    for (int i = 0; i < diffIds.size(); i++) {
      var layer = manifest.getJsonArray("layers").getJsonObject(i);
      var bytes = server.get(BLOBS + layer.getString("digest")).body();
      assertThat(layer.getString("mediaType"))
          .isEqualTo("application/vnd.oci.image.layer.v1.tar+zstd");
      assertThat(layer.getInteger("size")).isEqualTo(bytes.length);
      assertThat(Tars.digest(bytes)).isEqualTo(layer.getString("digest"));
      assertThat(Tars.digest(Tars.unzstd(bytes))).isEqualTo(diffIds.getString(i));
    }
  }

  @Test
  void letsAProxyKeepWhatADigestNamesAndAskAgainForWhatATagDoes() throws Exception {
    assertThat(header(server.get(MANIFESTS + digest), "Cache-Control"))
        .isEqualTo("max-age=31536000, immutable");
    var byTag = server.get(MANIFESTS + "hash");
    assertThat(header(byTag, "Cache-Control")).isEqualTo("no-cache");
    assertThat(header(byTag, "Vary")).isEqualToIgnoringCase("Accept");
  }

  @Test
  void answersHeadWithTheHeadersOfGet() throws Exception {
    for (var path : List.of(MANIFESTS + "hash", MANIFESTS + digest)) {
      var get = server.get(path);
      var head = server.head(path);

      assertThat(head.statusCode()).isEqualTo(200);
      assertThat(head.body()).isEmpty();
      assertThat(RunningServer.description(head)).isEqualTo(RunningServer.description(get));
      assertThat(header(head, "Content-Length")).isEqualTo("" + get.body().length);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "DIGEST"                | 304
          DIGEST                  | 304
          W/"DIGEST"              | 304
          "other", "DIGEST"       | 304
          "other",W/"DIGEST" , "" | 304
          *                       | 304
          "other"                 | 200
          "DIGES"                 | 200
          """,
      quoteCharacter = '\0')
  void sendsNothingToWhoHasThisVersion(String ifNoneMatch, int status) throws Exception {
    for (var path : List.of(MANIFESTS + "hash", MANIFESTS + digest)) {
      var value = ifNoneMatch.replace("DIGEST", digest);

      var answer = server.get(path, "If-None-Match", value);

      assertThat(answer.statusCode()).isEqualTo(status);
      assertThat(header(answer, "ETag")).isEqualTo('"' + digest + '"');
      assertThat(header(answer, "Docker-Content-Digest")).isEqualTo(digest);
      assertThat(answer.body().length == 0).isEqualTo(status == 304);
      var head = server.send(server.registry(path).header("If-None-Match", value).HEAD());
      assertThat(head.statusCode()).isEqualTo(status);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          DOCKER                                         | DOCKER
          DOCKER;q=0.5                                   | DOCKER
          application/vnd.docker.distribution.manifest.list.v2+json, DOCKER | DOCKER
          DOCKER, application/json                       | DOCKER
          DOCKER, OCI                                    | OCI
          DOCKER,OCI;q=0.1                               | OCI
          DOCKER, */*                                    | OCI
          DOCKER, */*;q=0.8                              | OCI
          DOCKER, application/*                          | OCI
          OCI                                            | OCI
          */*                                            | OCI
          application/vnd.oci.image.index.v1+json        | OCI
          text/html                                      | OCI
          ,,;                                            | OCI
          """)
  void choosesTheKindOfManifestByTheAcceptHeader(String accept, String expected) throws Exception {
    var value = accept.replace("DOCKER", DOCKER).replace("OCI", OCI);

    var answer = server.get(MANIFESTS + "hash", "Accept", value);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(header(answer, "Content-Type")).isEqualTo(expected.equals("OCI") ? OCI : DOCKER);
    assertThat(json(answer).getString("mediaType")).isEqualTo(header(answer, "Content-Type"));
    assertThat(Tars.digest(answer.body())).isEqualTo(header(answer, "Docker-Content-Digest"));
  }

  @Test
  void readsEveryAcceptHeaderThereIs() throws Exception {
    var several =
        server.send(
            server
                .registry(MANIFESTS + "hash")
                .header("Accept", DOCKER)
                .header("Accept", "application/vnd.docker.distribution.manifest.list.v2+json")
                .header("Accept", OCI));

    assertThat(header(several, "Content-Type")).isEqualTo(OCI);
  }

  @Test
  void givesDockersTypesToWhoKnowsNoOtherWithTheSameImageUncompressed() throws Exception {
    var oci = json(server.get(MANIFESTS + "hash"));
    var byTag = server.get(MANIFESTS + "hash", "Accept", DOCKER);
    var docker = json(byTag);

    assertThat(docker.getJsonObject("config").getString("digest"))
        .isEqualTo(oci.getJsonObject("config").getString("digest"));
    assertThat(docker.getJsonArray("layers")).hasSameSizeAs(oci.getJsonArray("layers"));
    for (var each : docker.getJsonArray("layers")) {
      var layer = (JsonObject) each;
      assertThat(layer.getString("mediaType"))
          .isEqualTo("application/vnd.docker.image.rootfs.diff.tar");
      var bytes = server.get(BLOBS + layer.getString("digest")).body();
      assertThat(Tars.digest(bytes)).isEqualTo(layer.getString("digest"));
      assertThat(bytes).hasSize(layer.getInteger("size"));
    }
    // Its digest names it from now on, whatever the client says it takes.
    var dockerDigest = header(byTag, "Docker-Content-Digest");
    for (var accept : List.of(DOCKER, OCI, "*/*")) {
      var byDigest = server.get(MANIFESTS + dockerDigest, "Accept", accept);
      assertThat(byDigest.body()).isEqualTo(byTag.body());
      assertThat(header(byDigest, "Content-Type")).isEqualTo(DOCKER);
    }
    assertThat(header(server.get(MANIFESTS + digest, "Accept", DOCKER), "Content-Type"))
        .isEqualTo(OCI);
  }

  @Test
  void keepsManifestsToTheirRepositoryAndApartFromBlobs() throws Exception {
    assertThat(server.get("/v2/cloudfoundry/other/manifests/" + digest).statusCode())
        .isEqualTo(404);
    assertThat(server.get(BLOBS + digest).statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes=0-", "bytes=0-9", "bytes=-7"})
  void servesPartsOfAManifestToClientsThatFetchEverythingInParts(String range) throws Exception {
    var whole = server.get(MANIFESTS + digest).body();

    var part = server.get(MANIFESTS + digest, "Range", range);

    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(new String(whole)).contains(new String(part.body()));
    assertThat(header(part, "Content-Range")).endsWith("/" + whole.length);
  }
}
