package dropship.scheduler.rollout;

import dropship.scheduler.image.PinnedImage;
import dropship.scheduler.image.Registry;
import dropship.scheduler.image.Rootfs;
import dropship.scheduler.kubernetes.KubernetesFailure;
import dropship.scheduler.kubernetes.WatchedStatefulSet;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives every node that runs apps the layers of a root file system before apps move to it: a pod
 * with the image of one app sleeps on each, until it does on all or has taken too long.
 */
final class PrePull {
  static final String NAME = "dropship-pre-pull";

  private static final Logger LOG = LoggerFactory.getLogger(PrePull.class);
  private static final String ROOTFS = "dropship/rootfs";
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final long VCAP = 2000;

  private final KubernetesClient client;
  private final Registry registry;
  private final RolloutSettings settings;
  private final InstantSource clock;
  private final Map<Rootfs, WatchedStatefulSet> examples = new HashMap<>();
  private Instant nextLook = Instant.MIN;

  PrePull(
      KubernetesClient client, Registry registry, RolloutSettings settings, InstantSource clock) {
    this.client = client;
    this.registry = registry;
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * Begins, looks, or ends; answers whether apps may move now.
   *
   * @param candidate whose image the pods have, and in whose namespace they are
   */
  boolean isOver(Rootfs rootfs, WatchedStatefulSet candidate) throws IOException {
    if (clock.instant().isBefore(nextLook)) {
      return false;
    }
    nextLook = clock.instant().plus(LOOK);
    var example = examples.computeIfAbsent(rootfs, first -> candidate);
    try {
      boolean over = look(rootfs, example);
      if (over) {
        examples.remove(rootfs);
      }
      return over;
    } catch (KubernetesClientException e) {
      if (KubernetesFailure.isConflict(e)) {
        return false; // the one before is still going
      }
      throw KubernetesFailure.of("bringing %s to all nodes".formatted(rootfs), e);
    }
  }

  @SuppressWarnings("NullAway") // of a library without annotations
  private boolean look(Rootfs rootfs, WatchedStatefulSet example) throws IOException {
    var namespace = example.getMetadata().getNamespace();
    var existing = client.apps().daemonSets().inNamespace(namespace).withName(NAME).get();
    if (existing == null) {
      var image = registry.resolve(Mover.dropletOf(example), rootfs);
      var wanted = daemonSet(namespace, image);
      wanted.addOwnerReference(example); // what is forgotten goes with the app
      client.resource(wanted).create();
      LOG.info("{} is brought to all nodes", rootfs);
      return false;
    }
    boolean isForIt = rootfs.toString().equals(existing.getMetadata().getAnnotations().get(ROOTFS));
    boolean everywhere = isForIt && isEverywhere(existing);
    boolean late =
        Instant.parse(existing.getMetadata().getCreationTimestamp())
            .plus(settings.readyTimeout())
            .isBefore(clock.instant());
    if (isForIt && !everywhere && !late) {
      return false;
    }
    client.resource(existing).delete();
    if (isForIt) {
      var status = existing.getStatus();
      LOG.info(
          "{} is on {} of {} nodes",
          rootfs,
          status.getNumberReady(),
          status.getDesiredNumberScheduled());
    }
    return isForIt;
  }

  private static boolean isEverywhere(DaemonSet daemonSet) {
    var status = daemonSet.getStatus();
    return status != null
        && status.getObservedGeneration() != null
        && status.getObservedGeneration() >= daemonSet.getMetadata().getGeneration()
        && status.getDesiredNumberScheduled() > 0
        && status.getNumberReady() >= status.getDesiredNumberScheduled();
  }

  /** Fits what Kubernetes calls restricted, as the pods of apps do. */
  private DaemonSet daemonSet(String namespace, PinnedImage image) {
    var labels = Map.of("app.kubernetes.io/name", NAME, "app.kubernetes.io/managed-by", "dropship");
    return new DaemonSetBuilder()
        .withNewMetadata()
        .withName(NAME)
        .withNamespace(namespace)
        .withLabels(labels)
        .addToAnnotations(ROOTFS, image.rootfs().toString())
        .endMetadata()
        .withNewSpec()
        .withNewSelector()
        .withMatchLabels(labels)
        .endSelector()
        .withNewUpdateStrategy()
        .withType("OnDelete")
        .endUpdateStrategy()
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(labels)
        .endMetadata()
        .withNewSpec()
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(0L)
        .addNewImagePullSecret(settings.pullSecret())
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(VCAP)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .addNewContainer()
        .withName("pre-pull")
        .withImage(image.reference())
        .withImagePullPolicy("IfNotPresent")
        .withCommand("/bin/sleep", "1d")
        .withNewSecurityContext()
        .withAllowPrivilegeEscalation(false)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .endSecurityContext()
        .withNewResources()
        .addToRequests("cpu", new Quantity("1m"))
        .addToRequests("memory", new Quantity("8Mi"))
        .addToLimits("memory", new Quantity("32Mi"))
        .endResources()
        .endContainer()
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }
}
