package dropship.scheduler.opi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.scheduler.lrp.App;
import dropship.scheduler.lrp.HealthCheck;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.Lrp;
import dropship.scheduler.lrp.ProcessGuid;
import dropship.scheduler.lrp.Resources;
import dropship.scheduler.lrp.Route;
import dropship.scheduler.lrp.VolumeMount;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Cloud Controllers of different ages send, and what becomes of it. */
class DesireBodyTest {
  private static final String GUID = "8f2f4d5c-9f2c-4d1e-8f60-0c9a5d1f3a11";
  private static final String VERSION = "1c0ee1f7-64b3-4f2a-9c3e-2f4f7f0a9b22";
  private static final String HASH = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

  /** As in 2019: everything side by side, and the app's name only in what the app itself reads. */
  private static JsonObject flat() {
    return new JsonObject()
        .put("guid", GUID)
        .put("version", VERSION)
        .put("process_guid", GUID + "-" + VERSION)
        .put("docker_image", null)
        .put("start_command", "bundle exec rackup")
        .put("droplet_guid", "7c0a1b3e-0d3e-4a09-9d5a-0a4e3f2b1c44")
        .put("droplet_hash", HASH)
        .put(
            "environment",
            new JsonObject()
                .put("PORT", "8080")
                .put("lang", "de")
                .put(
                    "VCAP_APPLICATION",
                    new JsonObject()
                        .put("application_id", "app-guid")
                        .put("application_name", "dora")
                        .put("space_id", "space-guid")
                        .put("space_name", "dev")
                        .put("organization_id", "org-guid")
                        .put("organization_name", "acme")
                        .put("limits", new JsonObject().put("mem", 256))
                        .encode()))
        .put("instances", 4)
        .put("memory_mb", 256)
        .put("cpu_weight", 3)
        .put("health_check_type", "http")
        .put("health_check_http_endpoint", "/healthz")
        .put("health_check_timeout_ms", 400)
        .put("last_updated", "1529064800.9")
        .put(
            "volume_mounts",
            new JsonArray()
                .add(new JsonObject().put("volume_id", "claim").put("mount_dir", "/data")))
        .put("ports", new JsonArray().add(8080).add(9090))
        .put(
            "routes",
            new JsonObject()
                .put(
                    "cf-router",
                    new JsonArray()
                        .add(
                            new JsonObject().put("hostname", "a.example.com/v1").put("port", 8080)))
                .put("tcp", "whatever"))
        .put("egress_rules", new JsonArray().add("anything"));
  }

  private static JsonObject late() {
    var body = flat();
    List.of("droplet_guid", "droplet_hash", "start_command", "docker_image").forEach(body::remove);
    return body.put("process_type", "worker")
        .put("app_guid", "late-app")
        .put("app_name", "late-name")
        .put("space_guid", "late-space")
        .put("space_name", "late-space-name")
        .put("organization_guid", "late-org")
        .put("organization_name", "late-org-name")
        .put("disk_mb", 1024)
        .put("start_timeout_ms", 60_000)
        .put("user_defined_annotations", new JsonObject().put("prometheus.io/scrape", "yes"))
        .put("namespace", "")
        .put("lifecycle", buildpack("7c0a", HASH));
  }

  private static JsonObject buildpack(String guid, String hash) {
    return new JsonObject()
        .put(
            "buildpack_lifecycle",
            new JsonObject()
                .put("droplet_guid", guid)
                .put("droplet_hash", hash)
                .put("start_command", "./run"));
  }

  private static Lrp read(JsonObject body) {
    return DesireBody.read("", body.toBuffer());
  }

  @Test
  void readsTheShapeOf2019() {
    var lrp = read(flat());

    assertThat(lrp.id()).isEqualTo(new ProcessGuid(GUID, VERSION));
    assertThat(lrp.processType()).isEmpty();
    assertThat(lrp.app())
        .isEqualTo(new App("app-guid", "dora", "space-guid", "dev", "org-guid", "acme"));
    assertThat(lrp.lifecycle())
        .isEqualTo(
            new Lifecycle.Buildpack(
                "7c0a1b3e-0d3e-4a09-9d5a-0a4e3f2b1c44", HASH, "bundle exec rackup"));
    assertThat(lrp.environment().keySet()).containsExactly("PORT", "VCAP_APPLICATION", "lang");
    assertThat(lrp.instances()).isEqualTo(4);
    assertThat(lrp.resources()).isEqualTo(new Resources(256, 0, 3));
    assertThat(lrp.healthCheck())
        .isEqualTo(new HealthCheck(HealthCheck.Type.HTTP, "/healthz", Duration.ofMillis(400)));
    assertThat(lrp.startTimeout()).isZero();
    assertThat(lrp.volumeMounts()).containsExactly(new VolumeMount("claim", "/data"));
    assertThat(lrp.ports()).containsExactly(8080, 9090);
    assertThat(lrp.routes()).containsExactly(new Route("a.example.com/v1", 8080));
    assertThat(lrp.annotations()).isEmpty();
    assertThat(lrp.lastUpdated()).isEqualTo("1529064800.9");
  }

  @Test
  void readsTheLateShape() {
    var lrp = read(late());

    assertThat(lrp.processType()).isEqualTo("worker");
    assertThat(lrp.app())
        .isEqualTo(
            new App(
                "late-app",
                "late-name",
                "late-space",
                "late-space-name",
                "late-org",
                "late-org-name"));
    assertThat(lrp.lifecycle()).isEqualTo(new Lifecycle.Buildpack("7c0a", HASH, "./run"));
    assertThat(lrp.resources()).isEqualTo(new Resources(256, 1024, 3));
    assertThat(lrp.startTimeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(lrp.annotations()).isEqualTo(Map.of("prometheus.io/scrape", "yes"));
  }

  @Test
  void readsDockerImages() {
    var docker =
        new JsonObject()
            .put("image", "repo/app:tag")
            .put("command", new JsonArray().add("/bin/sh").add("-c").add("run it"))
            .put("registry_username", "me")
            .put("registry_password", "secret");
    var body = late().put("lifecycle", new JsonObject().put("docker_lifecycle", docker));

    assertThat(read(body).lifecycle())
        .isEqualTo(
            new Lifecycle.Docker(
                "repo/app:tag",
                List.of("/bin/sh", "-c", "run it"),
                Optional.of(new Lifecycle.Login("me", "secret"))));
    docker.putNull("command").putNull("registry_username").putNull("registry_password");
    assertThat(read(body).lifecycle())
        .isEqualTo(new Lifecycle.Docker("repo/app:tag", List.of(), Optional.empty()));
    assertThat(read(flat().put("docker_image", "repo/app").putNull("start_command")).lifecycle())
        .isEqualTo(new Lifecycle.Docker("repo/app", List.of(), Optional.empty()));
  }

  @Test
  void takesWhatIsMissingOrNullForNothing() {
    var least =
        new JsonObject()
            .put("guid", GUID)
            .put("version", VERSION)
            .put("droplet_guid", "d")
            .put("droplet_hash", "h");
    var nulls = least.copy();
    flat().fieldNames().stream().filter(name -> !least.containsKey(name)).forEach(nulls::putNull);

    assertThat(read(nulls)).isEqualTo(read(least));
    assertThat(read(least))
        .satisfies(
            lrp -> assertThat(lrp.instances()).isZero(),
            lrp -> assertThat(lrp.ports()).isEmpty(),
            lrp -> assertThat(lrp.routes()).isEmpty(),
            lrp -> assertThat(lrp.environment()).isEmpty(),
            lrp -> assertThat(lrp.lastUpdated()).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    "port,PORT",
    "http,HTTP",
    "process,PROCESS",
    "none,PROCESS",
    "'',PROCESS",
    "new,PROCESS"
  })
  void knowsHealthChecks(String name, HealthCheck.Type type) {
    assertThat(read(flat().put("health_check_type", name)).healthCheck().type()).isEqualTo(type);
  }

  @ParameterizedTest
  @ValueSource(strings = {"port", "http"})
  void asksNoHealthOfWhatHasNoPort(String type) {
    var worker = flat().put("health_check_type", type).put("ports", new JsonArray());

    assertThat(read(worker).healthCheck().type()).isEqualTo(HealthCheck.Type.PROCESS);
  }

  @Test
  void takesTheEnvironmentAsTexts() {
    var environment =
        new JsonObject()
            .put("text", "a")
            .put("number", 1.50)
            .put("flag", true)
            .putNull("null")
            .put("object", new JsonObject().put("a", 1))
            .put("with:colon", "b");

    assertThat(read(flat().put("environment", environment)).environment())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "text", "a",
                "number", "1.5",
                "flag", "true",
                "null", "",
                "object", "{\"a\":1}",
                "with:colon", "b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "\"a\"", "7"})
  void doesWithoutVcapApplication(String vcap) {
    var body = flat();
    body.getJsonObject("environment").put("VCAP_APPLICATION", vcap);

    assertThat(read(body).app()).isEqualTo(new App("", "", "", "", "", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "instances | -1",
        "instances | 10001",
        "instances | 1.5",
        "instances | \"2\"",
        "instances | 1e99999999",
        "memory_mb | 99999999999",
        "disk_mb | -1",
        "cpu_weight | -1",
        "health_check_timeout_ms | 86400001",
        "ports | 8080",
        "ports | [0, 1]",
        "ports[0] | [65536]",
        "ports | [8080, 8080]",
        "ports[0] | [null]",
        "environment | []",
        "routes | []",
        "routes.cf-router[0] | {\"cf-router\":[7]}",
        "routes.cf-router[0].port | {\"cf-router\":[{\"port\":-1}]}",
        "volume_mounts[0].mount_dir | [{\"volume_id\":\"a\",\"mount_dir\":\"b\"}]",
        "lifecycle | 7",
        "droplet_hash | \"../x\"",
        "droplet_guid | \"a/b\"",
        "docker_image | \"a b\"",
        "guid | \"a b\"",
        "version | \"\"",
        "last_updated | {}"
      })
  void saysWhatIsWrong(String field, String value) {
    var name = field.split("[.\\[]")[0];
    var json = flat().put(name, "<>").encode().replace("\"<>\"", value);

    assertThatThrownBy(() -> DesireBody.read("", Buffer.buffer(json)))
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(e -> {
          if (!name.equals("guid") && !name.equals("version")) {
            assertThat(e).hasMessageStartingWith(field + ":");
          }
        });
  }

  @Test
  void saysNothingOfWhatMayBeSecret() {
    var secret = "hunter2";
    var bodies =
        List.of(
            "{\"environment\":{\"PASSWORD\":" + secret,
            "{\"environment\":\"" + secret + "\"}",
            flat().put("routes", secret).encode(),
            flat().put("docker_image", "https://" + secret + " @x").encode(),
            late()
                .put(
                    "lifecycle",
                    new JsonObject()
                        .put(
                            "docker_lifecycle",
                            new JsonObject()
                                .put("image", "a")
                                .put("registry_password", new JsonArray().add(secret))))
                .encode());

    assertThat(bodies)
        .allSatisfy(body ->
            assertThatThrownBy(() -> DesireBody.read("", Buffer.buffer(body)))
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(e -> assertThat(e.toString()).doesNotContain(secret)));
  }

  @Test
  void survivesBodiesThatAreDeep() {
    var deep = "{\"a\":" + "[".repeat(100_000);

    assertThatThrownBy(() -> DesireBody.read("", Buffer.buffer(deep)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
