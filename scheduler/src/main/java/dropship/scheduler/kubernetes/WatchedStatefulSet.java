package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dropship.scheduler.lrp.ProcessGuid;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A StatefulSet, of which nothing is read but what we look at: whole ones, with the environments of
 * 40,000 apps, would not fit in memory.
 */
@Group("apps")
@Version("v1")
@Kind("StatefulSet")
@Singular("statefulset")
@JsonDeserialize(using = JsonDeserializer.None.class) // as what it says it is, not by its kind
@Plural("statefulsets")
public final class WatchedStatefulSet
    extends CustomResource<WatchedStatefulSet.Spec, WatchedStatefulSet.Status>
    implements Namespaced, Watched {

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

  @Override
  @SuppressWarnings("NullAway") // filled in by what is read
  protected Spec initSpec() {
    return null;
  }

  @Override
  @SuppressWarnings("NullAway") // filled in by what is read
  protected Status initStatus() {
    return null;
  }

  /** Who has changed which field is most of an object, and of no interest here. */
  @Override
  public void setMetadata(ObjectMeta metadata) {
    metadata.setManagedFields(List.of());
    super.setMetadata(metadata);
  }

  /** Which LRP it is. */
  @Override
  public Optional<ProcessGuid> id() {
    return Watched.idIn(getMetadata());
  }

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

  /**
   * Whether Kubernetes has moved every instance to what is wanted now, and all were ready then. It
   * stays so if one crashes later.
   */
  public boolean isRolledOut() {
    var status = getStatus();
    var generation = getMetadata().getGeneration();
    return status != null
        && generation != null
        && status.observedGeneration() != null
        && status.observedGeneration() >= generation
        && status.currentRevision() != null
        && status.currentRevision().equals(status.updateRevision());
  }
}
