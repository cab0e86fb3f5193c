package dropship.scheduler.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Path;
import java.util.Optional;

/** How Kubernetes is reached. */
public final class Connection {
  private static final int TIMEOUT_MILLIS = 20_000;

  /** Cloud Controller asks again by itself, and a roll-out does. */
  private static final int RETRIES = 3;

  private Connection() {}

  /**
   * A client that has not connected yet.
   *
   * @param kubeconfig empty for the cluster that this process runs in
   */
  public static KubernetesClient open(Optional<Path> kubeconfig) {
    return new KubernetesClientBuilder().withConfig(config(kubeconfig)).build();
  }

  /** One that reads what is {@link Watched}, and nothing else, of what it is sent. */
  public static KubernetesClient openToWatch(Optional<Path> kubeconfig) {
    return new KubernetesClientBuilder()
        .withConfig(config(kubeconfig))
        .withKubernetesSerialization(new KubernetesSerialization(WatchedReader.mapper(), false))
        .build();
  }

  private static Config config(Optional<Path> kubeconfig) {
    var found =
        kubeconfig
            .map(file -> Config.fromKubeconfig(file.toFile()))
            .orElseGet(() -> Config.autoConfigure(null));
    return new ConfigBuilder(found)
        .withUserAgent("dropship-scheduler")
        .withConnectionTimeout(TIMEOUT_MILLIS)
        .withRequestTimeout(TIMEOUT_MILLIS)
        .withRequestRetryBackoffLimit(RETRIES)
        // A connection of HTTP/2 refuses more requests at once than its server likes.
        .withHttp2Disable(true)
        .build();
  }
}
