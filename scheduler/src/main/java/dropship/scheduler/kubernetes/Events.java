package dropship.scheduler.kubernetes;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells who looks at a namespace what goes wrong in it. */
final class Events {
  private static final Logger LOG = LoggerFactory.getLogger(Events.class);

  /** Kubernetes takes no more. */
  private static final int LONGEST = 1024;

  /** Cloud Controller desires again every 30 seconds; what goes wrong all the time is said once. */
  private static final Duration SAID = Duration.ofMinutes(10);

  private static final int MOST_SAID = 50_000;

  private final KubernetesClient client;
  private final Cache<List<String>, Boolean> said =
      Caffeine.newBuilder().expireAfterWrite(SAID).maximumSize(MOST_SAID).build();

  Events(KubernetesClient client) {
    this.client = client;
  }

  /** Of a StatefulSet, which need not exist. Never fails: the reason is in the log as well. */
  void warn(String namespace, String statefulSet, String reason, String message) {
    LOG.warn("{}/{}: {}: {}", namespace, statefulSet, reason, message);
    var saying = List.of(namespace, statefulSet, reason, message);
    if (said.asMap().putIfAbsent(saying, true) != null) {
      return;
    }
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
      said.invalidate(saying);
      LOG.warn("{}/{}: the event could not be written: {}", namespace, statefulSet, e.getMessage());
    }
  }
}
