package dropship.scheduler.kubernetes;

import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells who looks at a namespace what goes wrong in it. */
final class Events {
  private static final Logger LOG = LoggerFactory.getLogger(Events.class);

  /** Kubernetes takes no more. */
  private static final int LONGEST = 1024;

  private final KubernetesClient client;

  Events(KubernetesClient client) {
    this.client = client;
  }

  /** Of a StatefulSet, which need not exist. Never fails: the reason is in the log as well. */
  void warn(String namespace, String statefulSet, String reason, String message) {
    LOG.warn("{}/{}: {}: {}", namespace, statefulSet, reason, message);
    var now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    var event =
        new EventBuilder()
            .withNewMetadata()
            .withName(ObjectNames.name(statefulSet, statefulSet, UUID.randomUUID().toString()))
            .withNamespace(namespace)
            .endMetadata()
            .withType("Warning")
            .withReason(reason)
            .withMessage(message.substring(0, Math.min(LONGEST, message.length())))
            .withNewInvolvedObject()
            .withApiVersion("apps/v1")
            .withKind("StatefulSet")
            .withName(statefulSet)
            .withNamespace(namespace)
            .endInvolvedObject()
            .withNewSource()
            .withComponent("dropship-scheduler")
            .endSource()
            .withFirstTimestamp(now)
            .withLastTimestamp(now)
            .withCount(1)
            .build();
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      LOG.warn("{}/{}: the event could not be written: {}", namespace, statefulSet, e.getMessage());
    }
  }
}
