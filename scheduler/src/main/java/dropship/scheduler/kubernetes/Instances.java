package dropship.scheduler.kubernetes;

import dropship.scheduler.kubernetes.WatchedPod.Condition;
import dropship.scheduler.kubernetes.WatchedPod.ContainerStatus;
import dropship.scheduler.lrp.Instance;
import dropship.scheduler.lrp.Instance.State;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Pods as the instances of an LRP. */
final class Instances {
  private static final Set<String> PULL_FAILURES = Set.of("ErrImagePull", "ImagePullBackOff");

  /** What a pod may find too little of, as Kubernetes and as Cloud Foundry call it. */
  private static final Map<String, String> SCARCE =
      Map.of(
          "Insufficient memory", "memory",
          "Insufficient cpu", "cpu",
          "Insufficient ephemeral-storage", "disk");

  private Instances() {}

  /** In the order of their indices. Pods that are on their way out are no instances any more. */
  static List<Instance> of(Collection<WatchedPod> pods) {
    return pods.stream()
        .filter(pod -> !pod.isBeingDeleted() && pod.index().isPresent())
        .map(Instances::of)
        .sorted(Comparator.comparingInt(Instance::index))
        .toList();
  }

  private static Instance of(WatchedPod pod) {
    var error = placementError(pod);
    return new Instance(
        pod.index().orElseThrow(),
        since(pod),
        error.isPresent() ? State.UNCLAIMED : state(pod),
        error);
  }

  private static Instant since(WatchedPod pod) {
    var status = pod.getStatus();
    return Instant.parse(
        status != null && status.startTime() != null
            ? status.startTime()
            : pod.getMetadata().getCreationTimestamp());
  }

  private static Optional<String> placementError(WatchedPod pod) {
    return pod.condition("PodScheduled")
        .filter(each -> each.status().equals("False") && "Unschedulable".equals(each.reason()))
        .map(Condition::message)
        .flatMap(message ->
            SCARCE.entrySet().stream()
                .filter(each -> message.contains(each.getKey()))
                .map(Map.Entry::getValue)
                .sorted(Comparator.reverseOrder()) // memory first, which Cloud Controller knows
                .findFirst())
        .map(resource -> "Insufficient resources: " + resource);
  }

  private static State state(WatchedPod pod) {
    return switch (pod.phase()) {
      case "Pending" ->
          pod.containers().stream().anyMatch(Instances::cannotPull) ? State.CRASHED : State.CLAIMED;
      case "Failed" -> State.CRASHED;
      case "Running", "Succeeded" -> running(pod);
      default -> State.UNKNOWN;
    };
  }

  private static boolean cannotPull(ContainerStatus container) {
    var waiting = container.state() == null ? null : container.state().waiting();
    var reason = waiting == null ? null : waiting.reason();
    return reason != null && PULL_FAILURES.contains(reason);
  }

  private static State running(WatchedPod pod) {
    var containers = pod.containers();
    if (containers.isEmpty()) {
      return State.UNKNOWN;
    }
    boolean allRun =
        containers.stream()
            .allMatch(each -> each.state() != null && each.state().running() != null);
    if (!allRun) {
      return State.CRASHED;
    }
    return containers.stream().allMatch(ContainerStatus::ready) ? State.RUNNING : State.CLAIMED;
  }
}
