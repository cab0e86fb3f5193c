package dropship.scheduler.rollout;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dropship.scheduler.image.Droplet;
import dropship.scheduler.image.PinnedImage;
import dropship.scheduler.image.Registry;
import dropship.scheduler.kubernetes.AppContainer;
import dropship.scheduler.kubernetes.Cluster;
import dropship.scheduler.kubernetes.KubernetesFailure;
import dropship.scheduler.kubernetes.Labels;
import dropship.scheduler.kubernetes.WatchedStatefulSet;
import dropship.scheduler.rollout.Member.Unready;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * Gives an LRP the image of its droplet on another root file system. Image, labels and annotations
 * change in one write, and only if the StatefulSet is still as it was when that was decided.
 */
final class Mover {
  private final KubernetesClient client;
  private final Cluster cluster;
  private final Registry registry;

  Mover(KubernetesClient client, Cluster cluster, Registry registry) {
    this.client = client;
    this.cluster = cluster;
    this.registry = registry;
  }

  /** Does nothing if the LRP has gone or changed meanwhile: that is seen and judged anew. */
  void move(Member member, WatchedStatefulSet judged, Unready unready, Instant now)
      throws IOException {
    var image = registry.resolve(dropletOf(judged), member.target().orElseThrow());
    var patch = patch(judged.getMetadata().getResourceVersion(), image, unready, now);
    try {
      cluster.statefulSets().patch(client, judged, PatchType.STRATEGIC_MERGE, patch);
    } catch (KubernetesClientException e) {
      if (!KubernetesFailure.isNotFound(e) && !KubernetesFailure.isConflict(e)) {
        throw KubernetesFailure.of("changing the StatefulSet " + member.key(), e);
      }
    }
  }

  static Droplet dropletOf(WatchedStatefulSet statefulSet) {
    return new Droplet(
        statefulSet.annotation(Labels.DROPLET_GUID).orElseThrow(),
        statefulSet.annotation(Labels.DROPLET_HASH).orElseThrow());
  }

  static String patch(String resourceVersion, PinnedImage image, Unready unready, Instant now) {
    var version = Labels.rootfsVersion(image.rootfs().version());
    var metadata = object().put("resourceVersion", resourceVersion);
    metadata.set("labels", object().put(Labels.ROOTFS_VERSION, version));
    var annotations =
        object()
            .put(Labels.ROOTFS, image.rootfs().toString())
            .put(Labels.ROLLED_AT, now.truncatedTo(ChronoUnit.SECONDS).toString());
    if (unready == Unready.NONE) {
      annotations.putNull(Labels.UNREADY_BEFORE);
    } else {
      annotations.put(Labels.UNREADY_BEFORE, unready.name().toLowerCase(Locale.ROOT));
    }
    metadata.set("annotations", annotations);

    var podMetadata = object();
    podMetadata.set("labels", object().put(Labels.ROOTFS_VERSION, version));
    var podSpec = object();
    podSpec
        .putArray("containers")
        .add(object().put("name", AppContainer.NAME).put("image", image.reference()));
    var template = object();
    template.set("metadata", podMetadata);
    template.set("spec", podSpec);
    var patch = object();
    patch.set("metadata", metadata);
    patch.set("spec", object().set("template", template));
    return patch.toString();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
