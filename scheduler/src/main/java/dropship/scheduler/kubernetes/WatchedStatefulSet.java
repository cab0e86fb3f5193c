package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A StatefulSet, as far as we look at it. */
@Group("apps")
@Version("v1")
@Kind("StatefulSet")
@Singular("statefulset")
@Plural("statefulsets")
public final class WatchedStatefulSet
    extends Watched<WatchedStatefulSet.Spec, WatchedStatefulSet.Status> {

  /** What is wanted. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(@Nullable Integer replicas, @Nullable Template template) {}

  /** What its pods are made from. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Template(@Nullable PodSpec spec) {}

  /** What its pods consist of. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record PodSpec(@Nullable List<Container> containers) {}

  /** A container of its pods. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Container(String name, @Nullable String image) {}

  /** What Kubernetes says of it. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Status(
      @Nullable Long observedGeneration,
      @Nullable String currentRevision,
      @Nullable String updateRevision) {}

  /** How many instances are wanted. */
  public int replicas() {
    return getSpec() == null || getSpec().replicas() == null ? 1 : getSpec().replicas();
  }

  /** What the container of the app runs; empty if there is none. */
  public String image() {
    var template = getSpec() == null ? null : getSpec().template();
    var pod = template == null ? null : template.spec();
    var containers = pod == null ? null : pod.containers();
    return containers == null
        ? ""
        : containers.stream()
            .filter(each -> each.name().equals(AppContainer.NAME))
            .map(Container::image)
            .filter(image -> image != null)
            .findFirst()
            .orElse("");
  }

  /** Only then its status speaks of what it is now. */
  public boolean isObserved() {
    var status = getStatus();
    var generation = getMetadata().getGeneration();
    return status != null
        && generation != null
        && status.observedGeneration() != null
        && status.observedGeneration() >= generation;
  }

  /**
   * Whether Kubernetes has moved every instance to what is wanted now, and all were ready then. It
   * stays so if one crashes later.
   */
  public boolean isRolledOut() {
    var status = getStatus();
    return isObserved()
        && status.currentRevision() != null
        && status.currentRevision().equals(status.updateRevision());
  }
}
