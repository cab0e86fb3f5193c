package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A pod, as far as we look at it. */
@Group("")
@Version("v1")
@Kind("Pod")
@Singular("pod")
@Plural("pods")
public final class WatchedPod extends Watched<WatchedPod.Spec, WatchedPod.Status> {

  private static final Set<String> STUCK =
      Set.of(
          "CrashLoopBackOff",
          "ImagePullBackOff",
          "ErrImagePull",
          "ErrImageNeverPull",
          "InvalidImageName",
          "CreateContainerConfigError",
          "CreateContainerError",
          "RunContainerError");

  /** What is wanted. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(@Nullable String nodeName) {}

  /** What Kubernetes says of it. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Status(
      @Nullable String phase,
      @Nullable String startTime,
      @Nullable List<Condition> conditions,
      @Nullable List<ContainerStatus> containerStatuses) {}

  /** One thing that is so or not. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Condition(
      String type, String status, @Nullable String reason, @Nullable String message) {}

  /** A container as it runs. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record ContainerStatus(
      String name,
      boolean ready,
      int restartCount,
      @Nullable String imageID,
      @Nullable State state,
      @Nullable State lastState) {}

  /** One of the three. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record State(
      @Nullable Running running, @Nullable Waiting waiting, @Nullable Terminated terminated) {}

  /** Since when it runs. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Running(@Nullable String startedAt) {}

  /** Why it does not run yet. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Waiting(@Nullable String reason, @Nullable String message) {}

  /** How it ended. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Terminated(int exitCode, @Nullable String reason, @Nullable String finishedAt) {}

  /** The number after the last dash of its name; empty if there is none. */
  public OptionalInt index() {
    var name = getMetadata().getName();
    try {
      return OptionalInt.of(Integer.parseInt(name.substring(name.lastIndexOf('-') + 1)));
    } catch (NumberFormatException notOfAStatefulSet) {
      return OptionalInt.empty();
    }
  }

  public String phase() {
    return getStatus() == null || getStatus().phase() == null ? "" : getStatus().phase();
  }

  /** Whether it is ready to be sent requests. */
  public boolean isReady() {
    return condition("Ready").filter(each -> each.status().equals("True")).isPresent();
  }

  public Optional<Condition> condition(String type) {
    var conditions = getStatus() == null ? null : getStatus().conditions();
    return conditions == null
        ? Optional.empty()
        : conditions.stream().filter(each -> each.type().equals(type)).findFirst();
  }

  /** Why a container waits, if that will hardly get better by itself. */
  public Optional<Waiting> stuck(String container) {
    return container(container)
        .map(ContainerStatus::state)
        .map(State::waiting)
        .filter(waiting -> waiting.reason() != null && STUCK.contains(waiting.reason()));
  }

  /** What is said of its containers; empty before it has a node. */
  public List<ContainerStatus> containers() {
    var statuses = getStatus() == null ? null : getStatus().containerStatuses();
    return statuses == null ? List.of() : statuses;
  }

  /** The container of the app or task: extensions may put others beside it. */
  public Optional<ContainerStatus> container(String name) {
    return containers().stream().filter(each -> each.name().equals(name)).findFirst();
  }
}
