package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dropship.scheduler.lrp.ProcessGuid;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A Job, as far as we look at it. */
@Group("batch")
@Version("v1")
@Kind("Job")
@Singular("job")
@Plural("jobs")
public final class WatchedJob extends Watched<WatchedJob.Spec, WatchedJob.Status> {

  /** What is wanted. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(@Nullable Boolean suspend) {}

  /** What Kubernetes says of it. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Status(@Nullable List<Condition> conditions) {}

  /** One thing that is so or not. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Condition(
      String type, String status, @Nullable String reason, @Nullable String message) {}

  /** A task is no LRP. */
  @Override
  public Optional<ProcessGuid> id() {
    return Optional.empty();
  }

  /** The guid of its task; empty if its labels do not say. */
  public String taskGuid() {
    return label(Labels.GUID).orElse("");
  }

  public boolean isCancelled() {
    return annotation(Labels.CANCELLED).isPresent();
  }

  /** Whether its callback has heard the result. */
  public boolean isReported() {
    return label(Labels.TASK_COMPLETED).isPresent();
  }

  /** Whether a condition holds: {@code Complete}, {@code Failed}. */
  public Optional<Condition> condition(String type) {
    var conditions = getStatus() == null ? null : getStatus().conditions();
    return conditions == null
        ? Optional.empty()
        : conditions.stream()
            .filter(each -> each.type().equals(type) && each.status().equals("True"))
            .findFirst();
  }
}
