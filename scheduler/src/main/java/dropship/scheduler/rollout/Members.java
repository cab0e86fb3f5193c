package dropship.scheduler.rollout;

import dropship.scheduler.image.ActiveRootfs;
import dropship.scheduler.image.Rootfs;
import dropship.scheduler.kubernetes.AppContainer;
import dropship.scheduler.kubernetes.Cluster;
import dropship.scheduler.kubernetes.Labels;
import dropship.scheduler.kubernetes.Namespaces;
import dropship.scheduler.kubernetes.WatchedPod;
import dropship.scheduler.kubernetes.WatchedStatefulSet;
import dropship.scheduler.lrp.ProcessGuid;
import dropship.scheduler.rollout.Member.Policy;
import dropship.scheduler.rollout.Member.Unready;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Reads from StatefulSets, their pods and namespaces what a roll-out must know of each LRP. */
final class Members {
  private static final String REVISION = "controller-revision-hash"; // Kubernetes' own label
  private static final int LONGEST_REASON = 300;

  private final ActiveRootfs active;
  private final Function<String, Map<String, String>> namespaceLabels;
  private final Function<WatchedStatefulSet, Collection<WatchedPod>> pods;

  Members(
      ActiveRootfs active,
      Function<String, Map<String, String>> namespaceLabels,
      Function<WatchedStatefulSet, Collection<WatchedPod>> pods) {
    this.active = active;
    this.namespaceLabels = namespaceLabels;
    this.pods = pods;
  }

  /** All LRPs made of droplets; images of others have no root file system of ours. */
  static List<Member> of(Cluster cluster, Namespaces namespaces, ActiveRootfs active)
      throws IOException {
    var labels = new HashMap<String, Map<String, String>>();
    for (var statefulSet : cluster.statefulSets().all()) {
      var namespace = statefulSet.getMetadata().getNamespace();
      if (!labels.containsKey(namespace)) {
        labels.put(namespace, namespaces.labels(namespace));
      }
    }
    var members =
        new Members(
            active,
            namespace -> labels.getOrDefault(namespace, Map.of()),
            statefulSet ->
                statefulSet.id().<Collection<WatchedPod>>map(cluster.pods()::of).orElse(List.of()));
    return cluster.statefulSets().all().stream()
        .filter(Members::isOfDroplet)
        .map(members::member)
        .toList();
  }

  private static boolean isOfDroplet(WatchedStatefulSet statefulSet) {
    return !statefulSet.isBeingDeleted()
        && statefulSet.annotation(Labels.DROPLET_GUID).isPresent()
        && statefulSet.annotation(Labels.DROPLET_HASH).isPresent();
  }

  Member member(WatchedStatefulSet statefulSet) {
    var inherited = namespaceLabels.apply(statefulSet.getMetadata().getNamespace());
    var pin = label(statefulSet, inherited, Labels.PIN);
    var stack = label(statefulSet, inherited, Labels.STACK).orElse(active.defaultStack());
    boolean excluded =
        label(statefulSet, inherited, Labels.ROLLOUT).filter(Labels.EXCLUDED::equals).isPresent();
    var wanted = digestIn(statefulSet.image());
    boolean observed = statefulSet.isObserved();
    var all = pods.apply(statefulSet);
    var revision = observed ? revision(statefulSet) : "";
    var updated = all.stream().filter(pod -> isOf(pod, revision)).toList();
    int ready = (int) all.stream().filter(Members::serves).count();
    boolean wereReady = statefulSet.isRolledOut() || ready >= statefulSet.replicas();
    return new Member(
        key(statefulSet),
        statefulSet.id().map(ProcessGuid::toString).orElse(""),
        excluded ? Policy.EXCLUDED : pin.isPresent() ? Policy.PINNED : Policy.FOLLOWS,
        wanted.isEmpty()
            ? Optional.empty()
            : statefulSet.annotation(Labels.ROOTFS).flatMap(Rootfs::parse),
        pin.map(version -> new Rootfs(stack, version)).or(() -> active.of(stack)),
        statefulSet.replicas(),
        ready,
        observed,
        observed && wereReady && updated.size() == all.size(),
        statefulSet.annotation(Labels.ROLLED_AT).flatMap(Members::instant),
        updated.stream()
            .filter(pod -> !serves(pod))
            .map(pod -> pod.getMetadata().getCreationTimestamp())
            .flatMap(created -> Optional.ofNullable(created).flatMap(Members::instant).stream())
            .max(Comparator.naturalOrder()),
        unready(statefulSet.annotation(Labels.UNREADY_BEFORE).orElse("")),
        first(updated, Members::trouble),
        first(updated, pod -> wrongImage(pod, wanted)));
  }

  static String key(WatchedStatefulSet statefulSet) {
    return statefulSet.getMetadata().getNamespace() + "/" + statefulSet.getMetadata().getName();
  }

  private static Optional<String> label(
      WatchedStatefulSet statefulSet, Map<String, String> inherited, String name) {
    return statefulSet.label(name).or(() -> Optional.ofNullable(inherited.get(name)));
  }

  private static String revision(WatchedStatefulSet statefulSet) {
    var revision = statefulSet.getStatus().updateRevision();
    return revision == null ? "" : revision;
  }

  private static boolean isOf(WatchedPod pod, String revision) {
    return pod.label(REVISION).filter(revision::equals).isPresent();
  }

  private static boolean serves(WatchedPod pod) {
    return pod.isReady() && !pod.isBeingDeleted();
  }

  private static Optional<String> first(
      List<WatchedPod> pods, Function<WatchedPod, Optional<String>> question) {
    return pods.stream()
        .filter(pod -> !pod.isBeingDeleted())
        .map(question)
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Optional<String> trouble(WatchedPod pod) {
    return pod.stuck(AppContainer.NAME)
        .map(waiting ->
            bounded(
                "%s: %s%s"
                    .formatted(
                        pod.getMetadata().getName(),
                        waiting.reason(),
                        waiting.message() == null ? "" : ": " + waiting.message())));
  }

  /**
   * What nobody reports is not wrong. Some report the image's configuration, of which nothing is
   * known here.
   */
  private static Optional<String> wrongImage(WatchedPod pod, Optional<String> wanted) {
    return pod.container(AppContainer.NAME)
        .map(container -> container.imageID())
        .filter(image -> image.contains("@sha256:"))
        .filter(image -> wanted.isPresent() && !image.endsWith(wanted.get()))
        .map(image ->
            bounded(
                "%s runs %s instead of %s"
                    .formatted(pod.getMetadata().getName(), image, wanted.orElseThrow())));
  }

  private static Optional<String> digestIn(String image) {
    int at = image.indexOf("@sha256:");
    return at < 0 ? Optional.empty() : Optional.of(image.substring(at + 1));
  }

  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeException malformed) {
      return Optional.empty();
    }
  }

  private static Unready unready(String text) {
    return switch (text) {
      case "all" -> Unready.ALL;
      case "some" -> Unready.SOME;
      default -> Unready.NONE;
    };
  }

  private static String bounded(String text) {
    return text.length() > LONGEST_REASON ? text.substring(0, LONGEST_REASON) + "…" : text;
  }
}
