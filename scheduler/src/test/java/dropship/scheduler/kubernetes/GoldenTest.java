package dropship.scheduler.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.content.Digest;
import dropship.scheduler.image.PinnedImage;
import dropship.scheduler.image.Rootfs;
import dropship.scheduler.lrp.App;
import dropship.scheduler.lrp.HealthCheck;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.Lrp;
import dropship.scheduler.lrp.Route;
import dropship.scheduler.lrp.Task;
import dropship.scheduler.lrp.VolumeMount;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The objects that Kubernetes is given, in full. They are to change only on purpose: another pod
 * template restarts every app. {@code -Dgolden.update=true} writes them anew.
 */
class GoldenTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final LrpSettings SETTINGS =
      new LrpSettings(
          "registry-credentials",
          2048,
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          1024,
          Duration.ofSeconds(5));

  @Test
  void aWebAppWithAnHttpHealthCheckTwoInstancesRoutesAndVolumes() throws IOException {
    var lrp =
        new SampleLrp(
                "8f6a9d42-1c4e-4f7b-9a55-0a1b2c3d4e5f", "0d9c8b7a-6f5e-4d3c-8b2a-190817263544")
            .runs(
                new Lifecycle.Buildpack(
                    "5d5f7a6e-droplet",
                    "0123456789abcdef0123456789abcdef01234567",
                    "rackup -p $PORT"))
            .instances(2)
            .resources(512, 1024, 6)
            .health(HealthCheck.Type.HTTP, "/healthz", Duration.ofSeconds(90))
            .startTimeout(Duration.ofSeconds(90))
            .routes(new Route("dora.example.com", 8080), new Route("example.com/v1", 8081))
            .ports(8080, 8081)
            .volumes(
                new VolumeMount("claim-1", "/var/vcap/data/a"),
                new VolumeMount("claim-1", "/var/vcap/data/b"),
                new VolumeMount("claim-2", "/var/vcap/data/c"))
            .annotations(Map.of("prometheus.io/scrape", "true"))
            .env("PORT", "8080")
            .env("VCAP_APPLICATION", "{\"application_name\":\"dora\",\"limits\":{\"fds\":16384}}")
            .lrp();
    same("web", statefulSet(lrp));
    same(
        "web-disruption-budget",
        AppStatefulSet.disruptionBudget(AppStatefulSet.nameOf(lrp), "apps", lrp.id()));
  }

  @Test
  void aWorkerThatNobodyCanAskHowItIs() throws IOException {
    same(
        "worker",
        statefulSet(
            SampleLrp.named("worker-guid")
                .type("worker")
                .health(HealthCheck.Type.PROCESS, "", Duration.ZERO)
                .ports()
                .routes()
                .env("PORT", "")
                .env("VCAP_APP_PORT", "")
                .lrp()));
  }

  @Test
  void anLrpOfACloudControllerOf2019WhichSaysLess() throws IOException {
    same(
        "cc-2019",
        statefulSet(
            SampleLrp.named("old-guid")
                .type("")
                .app(new App("app-guid", "dora", "", "staging", "", ""))
                .runs(new Lifecycle.Buildpack("droplet-guid", "droplet-hash", "./start"))
                .resources(1024, 0, 12)
                .health(HealthCheck.Type.PORT, "", Duration.ofSeconds(180))
                .startTimeout(Duration.ZERO)
                .lrp()));
  }

  @Test
  void aDockerAppWithALoginAndACommand() throws IOException {
    same("docker", statefulSet(docker().lrp()));
    var login = new Lifecycle.Login("user", "pass\"word");
    same(
        "docker-login",
        PullSecrets.forImage(
            AppStatefulSet.loginSecretName(docker().lrp()),
            "apps",
            "registry.example.org:5000/team/app:1",
            login));
  }

  private static SampleLrp docker() {
    return SampleLrp.named("docker-guid")
        .runs(
            new Lifecycle.Docker(
                "registry.example.org:5000/team/app:1",
                List.of("/bin/sh", "-c", "echo $(date) $$ $HOME; exec serve"),
                Optional.of(new Lifecycle.Login("user", "pass\"word"))));
  }

  @Test
  void aTask() throws IOException {
    var task =
        new Task(
            "task-guid",
            "migrate",
            new App("app-guid", "dora", "space-guid", "staging", "organization-guid", "acme"),
            new Lifecycle.Buildpack("droplet-guid", "droplet-hash", "rake db:migrate"),
            new TreeMap<>(Map.of("DATABASE_URL", "postgres://u:p$$w@db/1")),
            "https://cloud-controller/internal/v4/tasks/task-guid/completed");
    same("task", TaskJob.of(task, "apps", image(task.lifecycle(), "1.200.0"), SETTINGS));
  }

  @Test
  void theWallsAroundANamespace() throws IOException {
    var settings =
        new NetworkSettings(
            true,
            Map.of("name", "cf"),
            Map.of("app.kubernetes.io/component", "router"),
            List.of("169.254.169.254/32", "fd00:ec2::254/128"));
    var policies =
        NetworkPolicies.of("apps", settings, List.of("10.0.0.1", "192.0.2.7", "fd00::1"));
    same("network-ingress", policies.get(0));
    same("network-egress", policies.get(1));
  }

  private static Object statefulSet(Lrp lrp) {
    return AppStatefulSet.of(lrp, "apps", image(lrp.lifecycle(), "1.200.0"), SETTINGS);
  }

  static AppImage image(Lifecycle lifecycle, String version) {
    return switch (lifecycle) {
      case Lifecycle.Docker docker -> new AppImage(docker.image(), Optional.empty());
      case Lifecycle.Buildpack droplet -> {
        var digest = Digest.of(droplet.dropletHash().getBytes(StandardCharsets.UTF_8));
        var reference =
            "registry.example.com:5000/cloudfoundry/%s@%s"
                .formatted(droplet.dropletGuid(), digest.value());
        yield new AppImage(
            reference,
            Optional.of(new PinnedImage(reference, new Rootfs("cflinuxfs4", version), digest)));
      }
    };
  }

  private static void same(String name, Object object) throws IOException {
    var yaml = Serialization.asYaml(object);
    var file = GOLDEN.resolve(name + ".yaml");
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(file, yaml);
    }
    assertThat(yaml).isEqualTo(Files.readString(file));
  }

  @Test
  void theSameLrpIsTheSameBytesWhereverItIsMade() {
    var one = Serialization.asJson(statefulSet(docker().env("B", "1").env("A", "2").lrp()));
    var other = Serialization.asJson(statefulSet(docker().env("A", "2").env("B", "1").lrp()));
    assertThat(one).isEqualTo(other);
  }
}
