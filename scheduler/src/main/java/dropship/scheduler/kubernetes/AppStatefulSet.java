package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.Lrp;
import dropship.scheduler.lrp.ProcessGuid;
import dropship.scheduler.lrp.Route;
import dropship.scheduler.lrp.VolumeMount;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An LRP as a StatefulSet: its instances have indices that stay. */
final class AppStatefulSet {
  private static final Logger LOG = LoggerFactory.getLogger(AppStatefulSet.class);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private AppStatefulSet() {}

  /** The object, as it is created. Only scaling, routes and roll-outs change it later. */
  static StatefulSet of(Lrp lrp, String namespace, AppImage image, LrpSettings settings) {
    var pullSecrets = new ArrayList<>(List.of(settings.pullSecret()));
    if (hasLogin(lrp)) {
      pullSecrets.add(loginSecretName(lrp));
    }
    return new StatefulSetBuilder()
        .withNewMetadata()
        .withName(nameOf(lrp))
        .withNamespace(namespace)
        .withLabels(labels(lrp, image))
        .withAnnotations(annotations(lrp, image))
        .endMetadata()
        .withNewSpec()
        .withReplicas(lrp.instances())
        .withPodManagementPolicy("Parallel")
        .withRevisionHistoryLimit(1)
        .withNewSelector()
        .withMatchLabels(selector(lrp.id()))
        .endSelector()
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(labels(lrp, image))
        .withAnnotations(podAnnotations(lrp))
        .endMetadata()
        .withSpec(pod(lrp, image, pullSecrets, settings))
        .endTemplate()
        .endSpec()
        .build();
  }

  static String nameOf(Lrp lrp) {
    return ObjectNames.name(
        lrp.app().name() + "-" + lrp.app().spaceName(), lrp.id().guid(), lrp.id().toString());
  }

  static boolean hasLogin(Lrp lrp) {
    return lrp.lifecycle() instanceof Lifecycle.Docker docker && docker.login().isPresent();
  }

  static String loginSecretName(Lrp lrp) {
    return loginSecretName(nameOf(lrp));
  }

  static String loginSecretName(String statefulSet) {
    return statefulSet + "-registry-credentials";
  }

  /** What selects the pods of an LRP. */
  static Map<String, String> selector(ProcessGuid id) {
    return new TreeMap<>(
        Map.of(
            Labels.GUID, id.guid(),
            Labels.VERSION, id.version(),
            Labels.SOURCE_TYPE, Labels.APP));
  }

  private static Map<String, String> labels(Lrp lrp, AppImage image) {
    var labels = new TreeMap<>(selector(lrp.id()));
    labels.put(Labels.OLD_GUID, lrp.id().guid());
    labels.put(Labels.OLD_VERSION, lrp.id().version());
    labels.put(Labels.OLD_SOURCE_TYPE, Labels.APP);
    putValue(labels, Labels.APP_GUID, lrp.app().guid());
    putValue(labels, Labels.PROCESS_TYPE, lrp.processType());
    putValue(labels, Labels.SPACE_GUID, lrp.app().spaceGuid());
    putValue(labels, Labels.ORG_GUID, lrp.app().organizationGuid());
    image
        .pinned()
        .ifPresent(pinned ->
            labels.put(Labels.ROOTFS_VERSION, Labels.rootfsVersion(pinned.rootfs().version())));
    return labels;
  }

  /** What is no label's value is left out: guids of foreign tools, say. */
  static void putValue(Map<String, String> labels, String name, String value) {
    if (!value.isEmpty() && Labels.isValue(value)) {
      labels.put(name, value);
    }
  }

  private static Map<String, String> annotations(Lrp lrp, AppImage image) {
    var annotations = new TreeMap<>(podAnnotations(lrp));
    annotations.put(Labels.APPLICATION_NAME, lrp.app().name());
    annotations.put(Labels.SPACE_NAME, lrp.app().spaceName());
    annotations.put(Labels.ORG_NAME, lrp.app().organizationName());
    annotations.put(Labels.VERSION, lrp.id().version());
    annotations.put(Labels.LAST_UPDATED, lrp.lastUpdated());
    annotations.put(Labels.ROUTES, routes(lrp.routes()));
    if (lrp.lifecycle() instanceof Lifecycle.Buildpack droplet) {
      annotations.put(Labels.DROPLET_GUID, droplet.dropletGuid());
      annotations.put(Labels.DROPLET_HASH, droplet.dropletHash());
    }
    image.pinned().ifPresent(pinned -> annotations.put(Labels.ROOTFS, pinned.rootfs().toString()));
    return annotations;
  }

  /** Of these none ever changes, as that would restart the app. */
  private static Map<String, String> podAnnotations(Lrp lrp) {
    var annotations = new TreeMap<>(lrp.annotations());
    annotations.put(Labels.PROCESS_GUID, lrp.id().toString());
    annotations.put(Labels.APPLICATION_ID, lrp.app().guid());
    return annotations;
  }

  private static PodSpec pod(
      Lrp lrp, AppImage image, List<String> pullSecrets, LrpSettings settings) {
    var pod =
        AppPod.hardened(pullSecrets)
            .withTerminationGracePeriodSeconds(
                settings.drain().toSeconds() + settings.grace().toSeconds())
            .withContainers(AppContainer.of(lrp, image.reference(), settings))
            .withVolumes(
                lrp.volumeMounts().stream().map(AppStatefulSet::volume).distinct().toList());
    if (lrp.instances() > 1) {
      pod.withAffinity(apart(lrp.id()));
    }
    if (lrp.lifecycle() instanceof Lifecycle.Buildpack && !lrp.volumeMounts().isEmpty()) {
      pod.editSecurityContext().withFsGroup(AppContainer.VCAP).endSecurityContext();
    }
    return pod.build();
  }

  private static Volume volume(VolumeMount mount) {
    return new VolumeBuilder()
        .withName(mount.volumeId())
        .withNewPersistentVolumeClaim()
        .withClaimName(mount.volumeId())
        .endPersistentVolumeClaim()
        .build();
  }

  /**
   * Instances of one app rather run on different nodes. Whoever has one only does without: for each
   * pod that says so Kubernetes looks at all pods there are (ADR 26). It spreads StatefulSets by
   * itself, if less eagerly, so those that are scaled later are not all on one node.
   */
  private static Affinity apart(ProcessGuid id) {
    return new AffinityBuilder()
        .withNewPodAntiAffinity()
        .addNewPreferredDuringSchedulingIgnoredDuringExecution()
        .withWeight(100)
        .withNewPodAffinityTerm()
        .withTopologyKey("kubernetes.io/hostname")
        .withNewLabelSelector()
        .withMatchLabels(selector(id))
        .endLabelSelector()
        .endPodAffinityTerm()
        .endPreferredDuringSchedulingIgnoredDuringExecution()
        .endPodAntiAffinity()
        .build();
  }

  /** Keeps one instance running while nodes are emptied; for LRPs with more than one. */
  static PodDisruptionBudget disruptionBudget(String name, String namespace, ProcessGuid id) {
    return new PodDisruptionBudgetBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace)
        .withLabels(selector(id))
        .endMetadata()
        .withNewSpec()
        .withNewMinAvailable(1)
        .withNewSelector()
        .withMatchLabels(selector(id))
        .endSelector()
        .endSpec()
        .build();
  }

  static String routes(List<Route> routes) {
    try {
      return JSON.writeValueAsString(routes);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** None, where somebody has written something else: the LRP must be listed all the same. */
  static List<Route> routesIn(WatchedStatefulSet statefulSet) {
    var text = statefulSet.annotation(Labels.ROUTES).orElse("[]");
    try {
      var routes = JSON.readValue(text, Route[].class);
      return Stream.of(routes).filter(route -> route.hostname() != null).toList();
    } catch (JsonProcessingException | NullPointerException unreadable) {
      LOG.warn("the routes of {} cannot be read: {}", statefulSet.getMetadata().getName(), text);
      return List.of();
    }
  }
}
