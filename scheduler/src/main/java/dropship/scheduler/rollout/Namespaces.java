package dropship.scheduler.rollout;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** What operators have put on namespaces for all LRPs in them, kept up to date by watching. */
public final class Namespaces implements AutoCloseable {
  private static final long PAGE = 500;

  private final SharedIndexInformer<Namespace> informer;

  /**
   * @param only the one namespace of all LRPs; empty if there are many
   */
  public Namespaces(KubernetesClient client, Optional<String> only) {
    var namespaces = client.namespaces();
    this.informer =
        (only.isPresent()
                ? namespaces.withField("metadata.name", only.get()).runnableInformer(0)
                : namespaces.withLimit(PAGE).runnableInformer(0))
            .exceptionHandler((started, failure) -> true);
  }

  /** Begins to watch. Does not wait. */
  public void start() {
    informer.start();
  }

  void requireSynced() throws IOException {
    if (!informer.hasSynced()) {
      throw new IOException(
          "which namespaces are excluded from roll-outs is not known yet, as they have not been"
              + " listed");
    }
  }

  /** The labels of a namespace. */
  @SuppressWarnings("NullAway") // of a library without annotations
  Map<String, String> labels(String name) {
    var namespace = informer.getStore().getByKey(name);
    var labels = namespace == null ? null : namespace.getMetadata().getLabels();
    return labels == null ? Map.of() : labels;
  }

  @Override
  public void close() {
    informer.stop();
  }
}
