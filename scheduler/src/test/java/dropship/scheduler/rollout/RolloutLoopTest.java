package dropship.scheduler.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dropship.scheduler.image.InMemoryRegistry;
import dropship.scheduler.image.Registry;
import dropship.scheduler.kubernetes.Cluster;
import dropship.scheduler.kubernetes.Connection;
import dropship.scheduler.kubernetes.InMemoryKubernetes;
import dropship.scheduler.kubernetes.NamespaceSettings;
import dropship.scheduler.kubernetes.Namespaces;
import dropship.scheduler.kubernetes.NetworkSettings;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With Kubernetes and the registry in memory; the test plays Kubernetes' controllers. */
class RolloutLoopTest {
  private static final NamespaceSettings NAMESPACES =
      new NamespaceSettings(
          "apps",
          "cf",
          "pull",
          "registry.example.com:5000",
          Optional.empty(),
          new NetworkSettings(false, Map.of(), Map.of(), List.of()));

  @TempDir private Path directory;
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private InMemoryKubernetes kubernetes;
  private InMemoryRegistry images;
  private Registry registry;
  private KubernetesClient client;
  private KubernetesClient watching;
  private Cluster cluster;
  private Rollout rollout;
  private RolloutLoop loop;

  @BeforeEach
  void start() throws IOException {
    kubernetes = new InMemoryKubernetes();
    images = new InMemoryRegistry();
    registry = images.client();
    var kubeconfig = Optional.of(kubernetes.kubeconfig(directory));
    client = Connection.open(kubeconfig);
    watching = Connection.openToWatch(kubeconfig);
    cluster = new Cluster(watching, Optional.of("apps"));
    cluster.start();
    eventually(cluster::isSynced);
    for (var name : List.of("apps", "cf")) {
      client
          .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
          .create();
    }
    for (var name : List.of("a", "b", "c")) {
      create(name);
      settle(name);
    }
  }

  @AfterEach
  void stop() {
    loop.close();
    cluster.close();
    watching.close();
    client.close();
    kubernetes.close();
    images.close();
  }

  private void lead(int concurrentApps, Duration readyTimeout) {
    var settings = new RolloutSettings(concurrentApps, readyTimeout, false, "cf", "pull");
    var namespaces = new Namespaces(client, NAMESPACES);
    var clock = InstantSource.system();
    rollout = new Rollout(client, cluster, namespaces, registry, settings, clock);
    loop =
        new RolloutLoop(
            rollout, client, cluster, registry, settings, new RolloutMetrics(metrics), clock);
    loop.start();
  }

  private void create(String name) {
    var image =
        "registry.example.com:5000/cloudfoundry/g@" + InMemoryRegistry.digest("g", "h.stack-1");
    client
        .resource(
            """
            {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"namespace": "apps", "name": "%s",
               "labels": {"cloudfoundry.org/source_type": "APP", "cloudfoundry.org/guid": "%s",
                 "cloudfoundry.org/version": "v", "rootfs-version": "1"},
               "annotations": {"cloudfoundry.org/droplet_guid": "g",
                 "cloudfoundry.org/droplet_hash": "h", "dropship/rootfs": "stack/1"}},
             "spec": {"replicas": 1, "template": {"metadata": {"labels": {"rootfs-version": "1"}},
               "spec": {"containers": [{"name": "opi", "image": "%s", "workingDir": "/kept"},
                 {"name": "beside", "image": "another"}]}}}}
            """
                .formatted(name, name, image))
        .create();
  }

  /** All instances are of the present revision, and ready. */
  private void settle(String name) {
    var revision = "rev-" + generation(name);
    status(name, revision, revision, true);
  }

  /** The new instance does not become ready. */
  private void stick(String name) {
    status(name, "rev-before", "rev-" + generation(name), false);
  }

  private void status(String name, String current, String update, boolean ready) {
    client
        .apps()
        .statefulSets()
        .inNamespace("apps")
        .withName(name)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            """
            {"status": {"observedGeneration": %d, "currentRevision": "%s", "updateRevision": "%s"}}
            """
                .formatted(generation(name), current, update));
    client
        .resource(
            """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "apps", "name": "%s-0",
               "labels": {"cloudfoundry.org/source_type": "APP", "cloudfoundry.org/guid": "%s",
                 "cloudfoundry.org/version": "v", "controller-revision-hash": "%s"}},
             "status": {"conditions": [{"type": "Ready", "status": "%s"}]}}
            """
                .formatted(name, name, update, ready ? "True" : "False"))
        .createOr(NonDeletingOperation::update);
  }

  private JsonNode statefulSet(String name) {
    return kubernetes.objects().find("/apis/apps/v1", "statefulsets", "apps", name).orElseThrow();
  }

  private long generation(String name) {
    return statefulSet(name).at("/metadata/generation").asLong();
  }

  private String rootfs(String name) {
    return statefulSet(name).at("/metadata/annotations/dropship~1rootfs").asText();
  }

  private List<String> on(String rootfs) {
    return Stream.of("a", "b", "c").filter(name -> rootfs(name).equals(rootfs)).toList();
  }

  private static void eventually(Callable<Boolean> condition) {
    try {
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (!condition.call()) {
        assertThat(System.nanoTime()).as("after a minute it is still not so").isLessThan(end);
        Thread.sleep(10);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatIsActivatedReachesAllOneAfterTheOtherAndAnotherLeaderGoesOn() throws Exception {
    lead(1, Duration.ofMinutes(5));
    images.activate("2");
    eventually(() -> on("stack/2").equals(List.of("a")));
    var moved = statefulSet("a");
    var container = moved.at("/spec/template/spec/containers/0");
    assertThat(container.path("image").asText())
        .isEqualTo(
            "registry.example.com:5000/cloudfoundry/g@"
                + InMemoryRegistry.digest("g", "h.stack-2"));
    assertThat(container.path("workingDir").asText()).isEqualTo("/kept");
    assertThat(moved.at("/spec/template/spec/containers/1/image").asText()).isEqualTo("another");
    assertThat(moved.at("/metadata/labels/rootfs-version").asText()).isEqualTo("2");
    assertThat(moved.at("/spec/template/metadata/labels/rootfs-version").asText()).isEqualTo("2");
    loop.close();
    lead(1, Duration.ofMinutes(5));
    eventually(() -> rollout.status().count(RolloutStatus.State.ROLLING) == 1);
    assertThat(on("stack/2")).containsExactly("a");
    settle("a");
    eventually(() -> on("stack/2").equals(List.of("a", "b")));
    settle("b");
    eventually(() -> on("stack/2").size() == 3);
    assertThat(rollout.status().isDone()).isFalse();
    settle("c");
    eventually(() -> rollout.status().isDone());
    eventually(() ->
        metrics.get("dropship.lrps").tags("stack", "stack", "version", "2").gauge().value() == 3);
  }

  @Test
  void pausesForOneThatDoesNotBecomeReadyUntilItIsUndone() throws Exception {
    lead(1, Duration.ofMillis(500));
    images.activate("2");
    eventually(() -> on("stack/2").equals(List.of("a")));
    stick("a");
    eventually(() -> rollout.status().pause().isPresent());
    assertThat(rollout.status().json().encode()).contains("\"processGuid\":\"a-v\"", "not ready");
    assertThat(rollout.undo(Optional.empty())).hasToString("stack/1");
    eventually(() -> on("stack/1").size() == 3);
    assertThat(rollout.status().pause()).isEmpty();
    settle("a");
    eventually(() -> rollout.status().isDone());
  }

  @Test
  void goesOnWithoutTheOneThatHasFailedWhenAPersonSaysSo() throws Exception {
    lead(1, Duration.ofMillis(500));
    images.activate("2");
    eventually(() -> on("stack/2").equals(List.of("a")));
    stick("a");
    eventually(() -> rollout.status().pause().isPresent());
    rollout.resume();
    eventually(() -> on("stack/2").equals(List.of("a", "b")));
    settle("b");
    eventually(() -> on("stack/2").size() == 3);
    assertThat(rollout.status().pause()).isEmpty();
  }

  @Test
  void movesNothingWhileAPersonHasPausedIt() throws Exception {
    lead(5, Duration.ofMinutes(5));
    rollout.pause("until Monday");
    images.activate("2");
    eventually(() -> rollout.status().count(RolloutStatus.State.WAITING) == 3);
    Thread.sleep(2500); // longer than the loop waits
    assertThat(on("stack/1")).hasSize(3);
    rollout.resume();
    eventually(() -> on("stack/2").size() == 3);
  }

  private Member member(String name) throws IOException {
    return rollout.situation().members().stream()
        .filter(each -> each.key().equals("apps/" + name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void readsAgainOnlyWhatHasChanged() throws Exception {
    lead(1, Duration.ofMinutes(5));
    eventually(() -> member("a").settled() && member("b").settled());
    var a = member("a");
    var b = member("b");
    assertThat(member("a")).isSameAs(a);
    stick("b");
    eventually(() -> member("b").ready() < b.ready());
    assertThat(member("a")).isSameAs(a);
    client
        .namespaces()
        .withName("apps")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\": {\"labels\": {\"dropship/pin\": \"1\"}}}");
    eventually(() -> member("a").policy() == Member.Policy.PINNED);
  }

  @Test
  void aRegistryThatIsAwayIsWaitedForAndPeopleAreTold() throws Exception {
    lead(5, Duration.ofMinutes(5));
    images.isUnsuitable("g", "../escape climbs out");
    images.activate("2");
    eventually(() -> rollout.status().notes().trouble().contains("../escape climbs out"));
    assertThat(on("stack/1")).hasSize(3);
  }
}
