package dropship.scheduler;

import dropship.scheduler.image.Registry;
import dropship.scheduler.kubernetes.Cluster;
import dropship.scheduler.kubernetes.Connection;
import dropship.scheduler.kubernetes.KubernetesLrps;
import dropship.scheduler.kubernetes.KubernetesTasks;
import dropship.scheduler.kubernetes.NamespaceSettings;
import dropship.scheduler.kubernetes.Namespaces;
import dropship.scheduler.leader.Leader;
import dropship.scheduler.peer.Peer;
import dropship.scheduler.peer.PeerTls;
import dropship.scheduler.report.CrashReports;
import dropship.scheduler.report.TaskReports;
import dropship.scheduler.rollout.Rollout;
import dropship.scheduler.rollout.RolloutLoop;
import dropship.scheduler.rollout.RolloutMetrics;
import dropship.scheduler.rollout.RolloutRoutes;
import dropship.scheduler.rollout.RolloutSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;

/** Kubernetes as what runs apps. Comes up whether it can be reached or not. */
final class KubernetesBackend {
  private static final Duration REGISTRY_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration CLOUD_CONTROLLER_TIMEOUT = Duration.ofSeconds(5);
  private static final Path OWN_NAMESPACE =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount/namespace");

  private KubernetesBackend() {}

  static Backend open(Config config, Vertx vertx, MeterRegistry metrics) throws IOException {
    var client = connect(Connection::open, config.kubernetes());
    var watching = connect(Connection::openToWatch, config.kubernetes());
    var settings = namespaces(config);
    var cluster =
        new Cluster(
            watching, settings.isOnePerSpace() ? Optional.empty() : Optional.of(settings.name()));
    var namespaces = new Namespaces(client, settings);
    var registry = registry(config.registry());
    var rolloutSettings = rollout(config, settings.system());
    var clock = InstantSource.system();
    var rollout = new Rollout(client, cluster, namespaces, registry, rolloutSettings, clock);
    var loop =
        new RolloutLoop(
            rollout,
            client,
            cluster,
            registry,
            rolloutSettings,
            new RolloutMetrics(metrics),
            clock);
    var tasks =
        TaskReports.of(cloudController(config), client, cluster, config.lrps().taskTtl(), clock);
    var crashes =
        config.cloudController().isPresent()
            ? Optional.of(CrashReports.of(cloudController(config), client, cluster))
            : Optional.<CrashReports>empty();
    var leader =
        new Leader(
            client,
            settings.system(),
            () -> {
              loop.start();
              tasks.start(cluster.jobs().all());
              crashes.ifPresent(reports -> reports.start(cluster.pods().all()));
            },
            () -> {
              loop.close();
              tasks.close();
              crashes.ifPresent(CrashReports::close);
            });
    var rolloutRoutes = new RolloutRoutes(vertx, rollout);
    cluster.start();
    leader.start();
    return new Backend(
        new KubernetesLrps(client, cluster, namespaces, registry, config.lrps()),
        new KubernetesTasks(client, cluster, namespaces, registry, config.lrps()),
        () ->
            cluster.isSynced()
                ? Optional.empty()
                : Optional.of("what Kubernetes has is not known yet"),
        rolloutRoutes::addTo,
        () -> {
          leader.close();
          cluster.close();
          watching.close();
          client.close();
        });
  }

  /** Callbacks of tasks are called with its certificates, too; they may be anywhere. */
  private static Peer cloudController(Config config) throws IOException {
    var known = config.cloudController();
    return known.isPresent()
        ? new Peer(
            known.get().endpoint(), Optional.empty(), known.get().tls(), CLOUD_CONTROLLER_TIMEOUT)
        : new Peer(
            URI.create("https://localhost"),
            Optional.empty(),
            PeerTls.SYSTEM,
            CLOUD_CONTROLLER_TIMEOUT);
  }

  private static KubernetesClient connect(
      Function<Optional<Path>, KubernetesClient> how, Config.Kubernetes kubernetes)
      throws IOException {
    try {
      return how.apply(kubernetes.kubeconfig());
    } catch (RuntimeException e) { // the client's own, for a file it cannot read
      throw new IOException("kubernetes.kubeconfig: cannot be used: " + e.getMessage(), e);
    }
  }

  private static NamespaceSettings namespaces(Config config) throws IOException {
    var registry = config.registry();
    return new NamespaceSettings(
        config.kubernetes().namespace(),
        systemNamespace(config.kubernetes()),
        registry.pullSecret(),
        registry.address(),
        registry.login(),
        config.network());
  }

  private static RolloutSettings rollout(Config config, String systemNamespace) {
    var rollout = config.rollout();
    return new RolloutSettings(
        rollout.concurrentApps(),
        rollout.readyTimeout(),
        rollout.prePull(),
        systemNamespace,
        config.registry().pullSecret());
  }

  private static String systemNamespace(Config.Kubernetes kubernetes) throws IOException {
    if (kubernetes.systemNamespace().isPresent()) {
      return kubernetes.systemNamespace().get();
    }
    return kubernetes.kubeconfig().isEmpty() && Files.exists(OWN_NAMESPACE)
        ? Files.readString(OWN_NAMESPACE).strip()
        : "default";
  }

  private static Registry registry(Config.Registry registry) throws IOException {
    return new Registry(
        new Peer(registry.api(), registry.login(), registry.tls(), REGISTRY_TIMEOUT),
        new Peer(registry.url(), registry.login(), registry.tls(), REGISTRY_TIMEOUT),
        registry.address());
  }
}
