package dropship.registry;

import static dropship.registry.RunningServer.code;
import static dropship.registry.RunningServer.json;
import static dropship.registry.RunningServer.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a droplet's image is before, while and after root file systems come and go. */
@Timeout(60)
class RootfsSwapTest {
  private static final String MANIFESTS = "/v2/cloudfoundry/guid/manifests/";
  @AutoClose private RunningServer server;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    server = RunningServer.start(directory);
  }

  private String digest(String reference) throws Exception {
    var answer = server.get(MANIFESTS + reference);
    assertThat(answer.statusCode()).as(reference).isEqualTo(200);
    return Tars.digest(answer.body());
  }

  private List<String> layers(String reference) throws Exception {
    return json(server.get(MANIFESTS + reference)).getJsonArray("layers").stream()
        .map(String::valueOf)
        .toList();
  }

  private String tags() throws Exception {
    return json(server.get("/v2/cloudfoundry/guid/tags/list")).getJsonArray("tags").encode();
  }

  @Test
  void takesDropletsAndPromisesTheirImagesWhileNoneIsActive() throws Exception {
    server.importRootfs("1.0", Tars.rootfs("1.0"));

    var upload = server.upload("guid", "hash", Tars.droplet("hello"));

    assertThat(upload.statusCode()).isEqualTo(201);
    var byTag = server.get(MANIFESTS + "hash");
    assertThat(byTag.statusCode()).isEqualTo(503);
    assertThat(byTag.headers().firstValue("Retry-After"))
        .hasValueSatisfying(seconds -> assertThat(Integer.parseInt(seconds)).isPositive());
    assertThat(text(byTag)).contains("cflinuxfs4");
    assertThat(code(byTag)).isNotBlank();
    assertThat(server.head(MANIFESTS + "hash").statusCode()).isEqualTo(503);
    var pinned = digest("hash.cflinuxfs4-1.0");
    assertThat(digest(pinned)).isEqualTo(pinned);
    assertThat(server.ops("/readyz").statusCode()).isEqualTo(200);
    assertThat(json(server.ops("/info")).getJsonObject("activeRootfs")).isEmpty();
    // What nobody has uploaded is unknown, and not merely late.
    assertThat(server.get(MANIFESTS + "unknown").statusCode()).isEqualTo(404);

    server.activate("1.0");

    assertThat(digest("hash")).isEqualTo(pinned);
    assertThat(json(server.ops("/info")).getJsonObject("activeRootfs").getString("cflinuxfs4"))
        .isEqualTo("1.0");
  }

  @Test
  void changesTheDigestWithTheRootfsButNoneOfTheDropletsLayersAndBack() throws Exception {
    server.withHello();
    var before = digest("hash");
    var layersBefore = layers("hash");

    server.withRootfs("1.1");

    var after = digest("hash");
    var layersAfter = layers("hash");
    assertThat(after).isNotEqualTo(before);
    assertThat(layersAfter.getFirst()).isNotEqualTo(layersBefore.getFirst());
    assertThat(layersAfter.subList(1, 3)).isEqualTo(layersBefore.subList(1, 3));
    assertThat(digest("hash.cflinuxfs4-1.0")).isEqualTo(before);
    assertThat(digest("hash.cflinuxfs4-1.1")).isEqualTo(after);
    assertThat(digest(before)).isEqualTo(before);

    assertThat(server.activate("1.0").statusCode()).isEqualTo(200);

    assertThat(digest("hash")).isEqualTo(before);
    assertThat(digest(after)).isEqualTo(after);
    assertThat(server.metric("dropship_conversions_total")).isEqualTo(1);
  }

  @Test
  void goesOnServingWhatIsPinnedToARemovedRootfsButListsItNoMore() throws Exception {
    server.withHello().withRootfs("1.1");
    var pinned = digest("hash.cflinuxfs4-1.0");
    assertThat(tags()).isEqualTo("[\"hash\",\"hash.cflinuxfs4-1.0\",\"hash.cflinuxfs4-1.1\"]");

    assertThat(server.remove("1.0").statusCode()).isEqualTo(204);

    assertThat(tags()).isEqualTo("[\"hash\",\"hash.cflinuxfs4-1.1\"]");
    assertThat(digest(pinned)).isEqualTo(pinned);
    assertThat(digest("hash.cflinuxfs4-1.0")).isEqualTo(pinned);
    for (var layer : layers(pinned)) {
      var blob = new JsonObject(layer).getString("digest");
      assertThat(server.get("/v2/cloudfoundry/guid/blobs/" + blob).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void readsAPinningTagByTheVersionsThereAreAndNotByItsDots() throws Exception {
    server
        .withHello()
        .withDroplet("guid", "hash.cflinuxfs4-9", Tars.droplet("a hash that looks pinned"))
        .withRootfs("1.0-rc.1");

    assertThat(digest("hash.cflinuxfs4-1.0-rc.1")).isEqualTo(digest("hash"));
    assertThat(digest("hash.cflinuxfs4-9")).isNotEqualTo(digest("hash"));
    assertThat(digest("hash.cflinuxfs4-9.cflinuxfs4-1.0-rc.1"))
        .isEqualTo(digest("hash.cflinuxfs4-9"));
    assertThat(digest("hash.cflinuxfs4-1.0")).isNotEqualTo(digest("hash"));
  }
}
