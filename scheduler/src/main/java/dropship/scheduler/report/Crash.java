package dropship.scheduler.report;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dropship.scheduler.kubernetes.AppContainer;
import dropship.scheduler.kubernetes.Labels;
import dropship.scheduler.kubernetes.WatchedPod;
import dropship.scheduler.kubernetes.WatchedPod.ContainerStatus;
import dropship.scheduler.kubernetes.WatchedPod.State;
import dropship.scheduler.kubernetes.WatchedPod.Terminated;
import dropship.scheduler.lrp.ProcessGuid;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An app's instance has ended by itself.
 *
 * @param count the how-manieth time it is for this pod
 * @param finishedAt when, as Kubernetes says it
 */
record Crash(
    ProcessGuid app,
    String pod,
    int index,
    String reason,
    int exitStatus,
    int count,
    String finishedAt) {

  /**
   * The last crash of a pod. One that is being deleted has not crashed: it was told to end, by a
   * roll-out or because fewer are wanted.
   */
  static Optional<Crash> of(WatchedPod pod) {
    if (pod.isBeingDeleted()
        || pod.id().isEmpty()
        || pod.index().isEmpty()
        || pod.label(Labels.SOURCE_TYPE).filter(Labels.APP::equals).isEmpty()) {
      return Optional.empty();
    }
    return pod.container(AppContainer.NAME).flatMap(container -> of(pod, container));
  }

  private static Optional<Crash> of(WatchedPod pod, ContainerStatus container) {
    var state = container.state();
    var now = terminated(state);
    var ended = now != null ? now : terminated(container.lastState());
    if (ended == null) {
      return Optional.empty();
    }
    boolean running = state != null && state.running() != null;
    return Optional.of(
        new Crash(
            pod.id().orElseThrow(),
            pod.getMetadata().getName(),
            pod.index().orElseThrow(),
            ended.reason() == null ? "" : ended.reason(),
            ended.exitCode(),
            running ? container.restartCount() : container.restartCount() + 1,
            ended.finishedAt() == null ? "" : ended.finishedAt()));
  }

  private static @Nullable Terminated terminated(@Nullable State state) {
    return state == null ? null : state.terminated();
  }

  /** Tells it from all others of the same pod. */
  String mark() {
    return count + " " + finishedAt;
  }

  /**
   * Cloud Controller fails over an event without a description, after it has written half of it.
   */
  String json() {
    var description = reason.isEmpty() ? "unknown" : reason;
    return JsonNodeFactory.instance
        .objectNode()
        .put("instance", pod)
        .put("index", index)
        .put("cell_id", "")
        .put("reason", description)
        .put("exit_status", exitStatus)
        .put("exit_description", description)
        .put("crash_count", count)
        .put("crash_timestamp", seconds())
        .toString();
  }

  private long seconds() {
    try {
      return Instant.parse(finishedAt).getEpochSecond();
    } catch (DateTimeException unknown) {
      return 0;
    }
  }
}
