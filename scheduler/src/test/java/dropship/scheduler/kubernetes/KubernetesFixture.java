package dropship.scheduler.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.scheduler.image.InMemoryRegistry;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/** The scheduler's parts put together as it does, with Kubernetes and the registry in memory. */
final class KubernetesFixture implements AutoCloseable {
  static final LrpSettings SETTINGS =
      new LrpSettings(
          "pull-secret",
          1024,
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          512,
          Duration.ofSeconds(5));
  static final NetworkSettings NO_NETWORK =
      new NetworkSettings(false, Map.of(), Map.of(), List.of());
  static final NamespaceSettings ONE_NAMESPACE =
      new NamespaceSettings(
          "apps", "cf", "pull-secret", "registry.example.com:5000", Optional.empty(), NO_NETWORK);

  final InMemoryKubernetes kubernetes = new InMemoryKubernetes();
  final InMemoryRegistry registry = new InMemoryRegistry();
  final KubernetesClient client;
  final KubernetesClient watching;
  final Cluster cluster;
  final Namespaces namespaces;
  final KubernetesLrps lrps;
  final KubernetesTasks tasks;

  KubernetesFixture(Path directory, NamespaceSettings settings) throws IOException {
    var kubeconfig = Optional.of(kubernetes.kubeconfig(directory));
    client = Connection.open(kubeconfig);
    watching = Connection.openToWatch(kubeconfig);
    cluster =
        new Cluster(
            watching, settings.isOnePerSpace() ? Optional.empty() : Optional.of(settings.name()));
    namespaces = new Namespaces(client, settings);
    lrps = new KubernetesLrps(client, cluster, namespaces, registry.client(), SETTINGS);
    tasks = new KubernetesTasks(client, cluster, namespaces, registry.client(), SETTINGS);
  }

  static KubernetesFixture started(Path directory) throws IOException {
    var fixture = new KubernetesFixture(directory, ONE_NAMESPACE);
    fixture.start();
    return fixture;
  }

  void start() {
    cluster.start();
    eventually(cluster::isSynced);
    watched();
  }

  /** Waits until news would be heard. */
  void watched() {
    for (var kind : List.of("statefulsets", "pods", "jobs")) {
      eventually(() -> kubernetes.watches().count(kind) == 1);
    }
  }

  static void eventually(Callable<Boolean> condition) {
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

  @Override
  public void close() {
    cluster.close();
    watching.close();
    client.close();
    kubernetes.close();
    registry.close();
  }
}
