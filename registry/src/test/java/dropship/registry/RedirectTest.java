package dropship.registry;

import static dropship.registry.RunningServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that has its clients read from S3 themselves. */
@Timeout(60)
class RedirectTest {
  private static final String MANIFEST = "/v2/cloudfoundry/guid/manifests/hash";
  private static final String BLOBS = "/v2/cloudfoundry/guid/blobs/";
  private static final String DROPLET = "/droplets/guid/hash";
  private static final byte[] UPLOADED = Tars.bulkyDroplet(700_000);

  @AutoClose private static BucketsOnDisk s3;
  @AutoClose private static RunningServer server;
  private static RunningServer.DropletLayer layer;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    s3 = new BucketsOnDisk(directory);
    server =
        RunningServer.start(directory, s3.variables(Map.of("DROPSHIP_STORE_S3_REDIRECT", "true")))
            .withRootfs("1.0")
            .withDroplet("guid", "hash", UPLOADED);
    layer = server.dropletLayer("guid", "hash");
  }

  /** As runtimes do: our password is not for S3, and what else was asked for is asked there. */
  private static HttpRequest.Builder followed(HttpResponse<?> redirect) {
    var location = redirect.headers().firstValue("Location").orElseThrow();
    return HttpRequest.newBuilder(URI.create(location)).timeout(RunningServer.PATIENCE);
  }

  private static void expectRedirect(HttpResponse<?> answer, int status) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().map())
        .containsEntry("cache-control", List.of("no-store"))
        .containsEntry("content-length", List.of("0"))
        .doesNotContainKeys("etag", "content-type");
    assertThat(answer.headers().firstValue("Location").orElseThrow()).startsWith(s3.url());
  }

  @Test
  void sendsWhoWantsALayerToS3() throws Exception {
    var answer = server.get(BLOBS + layer.digest());

    expectRedirect(answer, 307);
    assertThat(answer.headers().firstValue("Docker-Content-Digest")).contains(layer.digest());
    assertThat(answer.headers().firstValue("Location").orElseThrow())
        .contains("X-Amz-Expires=1200");
    var bytes = server.send(followed(answer));
    assertThat(bytes.statusCode()).isEqualTo(200);
    assertThat(Tars.digest(bytes.body())).isEqualTo(layer.digest());
  }

  @Test
  void sendsWhoWantsAPartOfALayerToS3() throws Exception {
    var range = "bytes=1000-1999";
    var answer = server.get(BLOBS + layer.digest(), "Range", range);

    expectRedirect(answer, 307);
    var part = server.send(followed(answer).header("Range", range));
    assertThat(part.statusCode()).isEqualTo(206);
    var whole = server.send(followed(server.get(BLOBS + layer.digest()))).body();
    assertThat(part.body()).isEqualTo(Arrays.copyOfRange(whole, 1000, 2000));
  }

  @Test
  void saysItselfHowLargeALayerIs() throws Exception {
    var head = server.head(BLOBS + layer.digest());

    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValueAsLong("Content-Length")).hasValue(layer.size());
    assertThat(head.headers().firstValue("Cache-Control"))
        .hasValueSatisfying(kept -> assertThat(kept).contains("immutable"));
  }

  @Test
  void saysItselfThatAClientHasALayer() throws Exception {
    var answer = server.get(BLOBS + layer.digest(), "If-None-Match", '"' + layer.digest() + '"');

    assertThat(answer.statusCode()).isEqualTo(304);
  }

  @Test
  void refusesItselfWhoMayNotPull() throws Exception {
    assertThat(server.send(server.anonymous(BLOBS + layer.digest())).statusCode()).isEqualTo(401);
    assertThat(server.get("/v2/cloudfoundry/other/blobs/" + layer.digest()).statusCode())
        .isEqualTo(404);
  }

  @Test
  void sendsWhatS3DoesNotHaveItself() throws Exception {
    var config = json(server.get(MANIFEST)).getJsonObject("config").getString("digest");

    for (var digest : new String[] {config, layer.diffId()}) {
      var answer = server.get(BLOBS + digest);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(Tars.digest(answer.body())).isEqualTo(digest);
    }
  }

  @Test
  void sendsWhoWantsADropletToS3() throws Exception {
    var answer = server.send(server.api(DROPLET));

    expectRedirect(answer, 302);
    assertThat(answer.headers().firstValue("Location").orElseThrow())
        .contains("X-Amz-Expires=3600");
    assertThat(server.send(followed(answer)).body()).isEqualTo(UPLOADED);
  }

  @Test
  void saysItselfWhetherThereIsADroplet() throws Exception {
    var head = server.send(server.api(DROPLET).HEAD());

    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValueAsLong("Content-Length")).hasValue(UPLOADED.length);
    assertThat(server.send(server.api("/droplets/guid/none").HEAD()).statusCode()).isEqualTo(404);
  }

  @Test
  void leavesItToS3ToSayThatADropletIsNotThereOrTheClientsOwn() throws Exception {
    var absent = server.send(server.api("/droplets/guid/none"));
    var etag = server.send(server.api(DROPLET).HEAD()).headers().firstValue("ETag").orElseThrow();
    var held = server.send(server.api(DROPLET).header("If-None-Match", etag));

    expectRedirect(absent, 302);
    assertThat(server.send(followed(absent)).statusCode()).isEqualTo(404);
    assertThat(server.send(followed(held).header("If-None-Match", etag)).statusCode())
        .isEqualTo(304);
  }
}
