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
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads from StatefulSets, their pods and namespaces what a roll-out must know of each LRP. That is
 * asked for again and again, so what has not changed is not read again.
 */
final class Members {
  private static final int LONGEST_REASON = 300;

  private final Cluster cluster;
  private final Namespaces namespaces;
  private volatile IdentityHashMap<WatchedStatefulSet, Known> known = new IdentityHashMap<>();

  Members(Cluster cluster, Namespaces namespaces) {
    this.cluster = cluster;
    this.namespaces = namespaces;
  }

  /** A member, and all that it was read from, which nobody changes: there is another one then. */
  private record Known(
      Member member, List<WatchedPod> pods, Map<String, String> inherited, ActiveRootfs active) {

    static Known of(
        WatchedStatefulSet statefulSet,
        List<WatchedPod> pods,
        Map<String, String> inherited,
        ActiveRootfs active) {
      var member = Members.member(statefulSet, pods, inherited, active);
      return new Known(member, pods, inherited, active);
    }

    boolean isOf(Collection<WatchedPod> now, Map<String, String> labels, ActiveRootfs rootfs) {
      return areOf(now) && inherited.equals(labels) && active.equals(rootfs);
    }

    @SuppressWarnings("ReferenceEquality") // to compare what is in them would be to read it
    private boolean areOf(Collection<WatchedPod> now) {
      int same = 0;
      for (var pod : now) {
        if (same == pods.size() || pods.get(same) != pod) {
          return false;
        }
        same++;
      }
      return same == pods.size();
    }
  }

  /** All LRPs made of droplets; images of others have no root file system of ours. */
  List<Member> all(ActiveRootfs active) throws IOException {
    var before = known;
    var now = new IdentityHashMap<WatchedStatefulSet, Known>(before.size());
    var labels = new HashMap<String, Map<String, String>>();
    for (var statefulSet : cluster.statefulSets().all()) {
      if (isOfDroplet(statefulSet)) {
        var namespace = statefulSet.getMetadata().getNamespace();
        var inherited = labels.get(namespace);
        if (inherited == null) {
          inherited = namespaces.labels(namespace);
          labels.put(namespace, inherited);
        }
        var pods =
            statefulSet.id().<Collection<WatchedPod>>map(cluster.pods()::of).orElse(List.of());
        var same = before.get(statefulSet);
        now.put(
            statefulSet,
            same != null && same.isOf(pods, inherited, active)
                ? same
                : Known.of(statefulSet, List.copyOf(pods), inherited, active));
      }
    }
    known = now;
    return now.values().stream().map(Known::member).toList();
  }

  private static boolean isOfDroplet(WatchedStatefulSet statefulSet) {
    return !statefulSet.isBeingDeleted()
        && statefulSet.annotation(Labels.DROPLET_GUID).isPresent()
        && statefulSet.annotation(Labels.DROPLET_HASH).isPresent();
  }

  static Member member(
      WatchedStatefulSet statefulSet,
      List<WatchedPod> pods,
      Map<String, String> inherited,
      ActiveRootfs active) {
    var pin = label(statefulSet, inherited, Labels.PIN);
    var stack = label(statefulSet, inherited, Labels.STACK).orElse(active.defaultStack());
    boolean excluded =
        label(statefulSet, inherited, Labels.ROLLOUT).filter(Labels.EXCLUDED::equals).isPresent();
    var wanted = digestIn(statefulSet.image());
    boolean observed = statefulSet.isObserved();
    var revision = observed ? revision(statefulSet) : "";
    var updated = pods.stream().filter(pod -> isOf(pod, revision)).toList();
    int ready = (int) pods.stream().filter(Members::serves).count();
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
        observed && wereReady && updated.size() == pods.size(),
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
    return pod.label(Labels.REVISION).filter(revision::equals).isPresent();
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
