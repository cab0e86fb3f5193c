package dropship.scheduler.kubernetes;

import static dropship.scheduler.kubernetes.KubernetesFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dropship.scheduler.lrp.App;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.Task;
import dropship.scheduler.lrp.TaskUnknown;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubernetesTasksTest {
  private static final App APP = new App("app", "dora", "space", "staging", "org", "acme");

  private KubernetesFixture fixture;
  private InMemoryKubernetes kubernetes;
  private KubernetesTasks tasks;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    fixture = KubernetesFixture.started(directory);
    kubernetes = fixture.kubernetes;
    tasks = fixture.tasks;
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private static Task task(String guid, String name, Lifecycle lifecycle) {
    return new Task(guid, name, APP, lifecycle, new TreeMap<>(Map.of()), "https://cc/" + guid);
  }

  private static Task task(String guid) {
    return task(guid, "migrate", new Lifecycle.Buildpack("droplet", "hash", "rake"));
  }

  private static Task dockerTask(String guid) {
    var login = Optional.of(new Lifecycle.Login("u", "p"));
    return task(guid, "", new Lifecycle.Docker("registry.example.org/app", List.of("x"), login));
  }

  private List<JsonNode> jobs() {
    return kubernetes.objects().all("/apis/batch/v1", "jobs");
  }

  private List<JsonNode> logins() {
    return kubernetes.objects().all("/api/v1", "secrets");
  }

  @Test
  void aTaskIsStartedOnce() throws IOException {
    kubernetes.watches().hold();
    tasks.desire(task("a"));
    tasks.desire(task("a"));
    assertThat(jobs()).hasSize(1);
    assertThat(tasks.list()).containsExactly("a");
    assertThat(tasks.contains("a")).isTrue();
    assertThat(tasks.contains("b")).isFalse();
    assertThat(jobs().getFirst().at("/spec/template/spec/containers/0/image").asText())
        .startsWith("registry.example.com:5000/cloudfoundry/droplet@sha256:");
  }

  @Test
  void twoRunsOfOneTaskAreTwoTasks() throws IOException {
    tasks.desire(task("a"));
    tasks.desire(task("b"));
    assertThat(tasks.list()).containsExactlyInAnyOrder("a", "b");
    assertThat(jobs()).hasSize(2);
  }

  @Test
  void aCancelledTaskIsEndedAndThereUntilItsCallbackHasHeardOfIt() throws IOException {
    tasks.desire(task("a"));
    tasks.cancel("a");
    assertThat(jobs().getFirst().at("/spec/suspend").asBoolean()).isTrue();
    assertThat(fixture.cluster.jobs().all()).allMatch(WatchedJob::isCancelled);
    assertThat(tasks.list()).containsExactly("a");
    tasks.cancel("a"); // said twice
    assertThatThrownBy(() -> tasks.cancel("b")).isInstanceOf(TaskUnknown.class);
  }

  @Test
  void aTaskWhoseCallbackHasHeardItsResultIsNoneAnyMore() throws IOException {
    tasks.desire(task("a"));
    kubernetes.asController(objects -> {
      var job = (ObjectNode) jobs().getFirst();
      ((ObjectNode) job.get("metadata")).remove("resourceVersion");
      job.withObject("/metadata/labels").put(Labels.TASK_COMPLETED, "true");
      var name = job.at("/metadata/name").asText();
      objects.replace(ResourcePath.of("/apis/batch/v1", "jobs", "apps", name), job);
    });
    eventually(() -> tasks.list().isEmpty());
    assertThat(tasks.contains("a")).isFalse();
    assertThatThrownBy(() -> tasks.cancel("a")).isInstanceOf(TaskUnknown.class);
  }

  @Test
  void aTaskThatSomebodyElseHasDeletedCannotBeCancelled() throws IOException {
    tasks.desire(task("a"));
    kubernetes.watches().hold();
    var name = jobs().getFirst().at("/metadata/name").asText();
    kubernetes.asController(objects ->
        objects.delete(ResourcePath.of("/apis/batch/v1", "jobs", "apps", name), Optional.empty()));
    assertThatThrownBy(() -> tasks.cancel("a")).isInstanceOf(TaskUnknown.class);
    assertThat(tasks.list()).isEmpty();
  }

  @Test
  void theLoginForAPrivateImageGoesWithItsJob() throws IOException {
    tasks.desire(dockerTask("a"));
    assertThat(logins()).hasSize(1);
    assertThat(logins().getFirst().at("/metadata/ownerReferences/0/uid"))
        .isEqualTo(jobs().getFirst().at("/metadata/uid"));
    assertThat(jobs().getFirst().at("/spec/template/spec/imagePullSecrets/1/name"))
        .isEqualTo(logins().getFirst().at("/metadata/name"));
  }

  @ParameterizedTest
  @CsvSource({"500, InternalError", "403, Forbidden", "409, Conflict", "429, TooManyRequests"})
  void whatKubernetesRefusesIsAFailureThatARepetitionRepairs(int status, String reason)
      throws IOException {
    kubernetes.fail("POST .*/jobs", status, reason, 100);
    assertThatThrownBy(() -> tasks.desire(dockerTask("a")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("task a");
    assertThat(tasks.list()).isEmpty();
    kubernetes.heal();
    kubernetes.fail("POST .*/secrets", status, reason, 100);
    assertThatThrownBy(() -> tasks.desire(dockerTask("a"))).isInstanceOf(IOException.class);
    kubernetes.heal();
    tasks.desire(dockerTask("a"));
    assertThat(jobs()).hasSize(1);
    assertThat(logins()).hasSize(1);
    kubernetes.fail("PATCH .*", status, reason, 100);
    assertThatThrownBy(() -> tasks.cancel("a"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cancelling task a");
  }

  @Test
  void whenTheRegistryCannotBeReachedNothingIsStarted() throws IOException {
    fixture.registry.setBroken(true);
    assertThatThrownBy(() -> tasks.desire(task("a"))).isInstanceOf(IOException.class);
    assertThat(jobs()).isEmpty();
    fixture.registry.setBroken(false);
    tasks.desire(task("a"));
    assertThat(jobs()).hasSize(1);
  }

  @Test
  void aTasksPodIsNoInstance() throws IOException {
    tasks.desire(task("a"));
    fixture.lrps.desire(SampleLrp.named("a").lrp());
    assertThat(fixture.lrps.list()).hasSize(1);
    assertThat(tasks.list()).containsExactly("a");
  }
}
