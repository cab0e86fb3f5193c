package dropship.scheduler.rollout;

import dropship.scheduler.kubernetes.KubernetesFailure;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The ConfigMap {@code dropship-rollout}, which all replicas read and change. */
final class NotesMap {
  static final String NAME = "dropship-rollout";
  private static final int ATTEMPTS = 10;

  private final KubernetesClient client;
  private final String namespace;

  NotesMap(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  @SuppressWarnings("NullAway") // of a library without annotations
  Notes read() throws IOException {
    try {
      var found = client.configMaps().inNamespace(namespace).withName(NAME).get();
      return found == null || found.getData() == null ? Notes.NONE : Notes.from(found.getData());
    } catch (KubernetesClientException e) {
      throw failure("reading", e);
    }
  }

  /** Others may change it at the same time: then it is read again. */
  @SuppressWarnings("NullAway") // of a library without annotations
  Notes update(UnaryOperator<Notes> change) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        var found = client.configMaps().inNamespace(namespace).withName(NAME).get();
        var before =
            found == null || found.getData() == null ? Notes.NONE : Notes.from(found.getData());
        var after = change.apply(before);
        if (found == null) {
          client
              .resource(
                  new ConfigMapBuilder()
                      .withNewMetadata()
                      .withName(NAME)
                      .withNamespace(namespace)
                      .endMetadata()
                      .withData(after.toData())
                      .build())
              .create();
        } else if (!after.equals(before)) {
          client
              .resource(new ConfigMapBuilder(found).withData(Map.copyOf(after.toData())).build())
              .update();
        }
        return after;
      } catch (KubernetesClientException e) {
        if (!KubernetesFailure.isConflict(e) || attempt == ATTEMPTS) {
          throw failure("changing", e);
        }
      }
    }
  }

  private IOException failure(String attempt, KubernetesClientException e) {
    return KubernetesFailure.of("%s the ConfigMap %s/%s".formatted(attempt, namespace, NAME), e);
  }
}
