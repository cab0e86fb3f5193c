package dropship.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The scheduler comes up without Kubernetes, and says of nothing that it is not there. */
@Timeout(120)
class UnreachableKubernetesTest {
  private static final String NOBODY_THERE =
      """
      apiVersion: v1
      kind: Config
      clusters: [{name: a, cluster: {server: "http://127.0.0.1:1"}}]
      users: [{name: a, user: {token: none}}]
      contexts: [{name: a, context: {cluster: a, user: a}}]
      current-context: a
      """;
  private static final String APP = "/apps/a/b";

  @TempDir private Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private Scheduler scheduler;

  @BeforeEach
  void start() throws Exception {
    scheduler = start(config(NOBODY_THERE));
  }

  private static Scheduler start(Config config) throws IOException {
    return Scheduler.start(
        config, (vertx, metrics) -> KubernetesBackend.open(config, vertx, metrics));
  }

  private Config config(String kubeconfig) throws IOException {
    Files.writeString(directory.resolve("kubeconfig"), kubeconfig);
    var file = Files.writeString(directory.resolve("scheduler.yml"), RunningScheduler.CONFIG);
    return Config.read(file, Map.of("DROPSHIP_KUBERNETES_KUBECONFIG", "kubeconfig"));
  }

  @AfterEach
  void stop() {
    client.shutdownNow();
    scheduler.stop();
  }

  private HttpResponse<String> send(String surface, String method, String path, String body)
      throws IOException, InterruptedException {
    var url = URI.create("http://127.0.0.1:%d%s".formatted(scheduler.port(surface), path));
    var request =
        HttpRequest.newBuilder(url)
            .timeout(RunningScheduler.PATIENCE)
            .method(method, BodyPublishers.ofString(body))
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  @Test
  void isAliveButNotReady() throws Exception {
    assertThat(send("ops", "GET", "/livez", "").statusCode()).isEqualTo(200);
    assertThat(send("ops", "GET", "/readyz", "").statusCode()).isEqualTo(503);
  }

  @Test
  void listsNothingAndFindsNothingMissing() throws Exception {
    var list = send("opi", "GET", "/apps", "");
    assertThat(list.statusCode()).isEqualTo(500);
    assertThat(list.body()).isEmpty();
    assertThat(send("opi", "GET", APP, "").statusCode()).isEqualTo(500);
    assertThat(send("opi", "GET", APP + "/instances", "").body()).doesNotContain("not found");
    assertThat(send("opi", "GET", "/tasks", "").statusCode()).isEqualTo(500);
  }

  @Test
  void saysThatADesireMayWorkAnotherTime() throws Exception {
    var body = "{\"guid\":\"a\",\"version\":\"b\",\"droplet_guid\":\"d\",\"droplet_hash\":\"h\"}";

    assertThat(send("opi", "PUT", "/apps/a-b", body).statusCode()).isEqualTo(503);
  }

  @Test
  void saysWhichKeyIsWrongOfAKubeconfigThatIsNone() throws Exception {
    var config = config("- no\n- kubeconfig\n");

    assertThatThrownBy(() -> start(config))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("kubernetes.kubeconfig: ");
  }
}
