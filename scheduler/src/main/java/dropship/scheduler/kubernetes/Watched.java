package dropship.scheduler.kubernetes;

import dropship.scheduler.lrp.ProcessGuid;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Map;
import java.util.Optional;

/** What belongs to an LRP and is kept in a {@link Cached}. */
public interface Watched extends HasMetadata {
  /** Which LRP it belongs to; empty if its labels do not say. */
  Optional<ProcessGuid> id();

  /** The value of a label; empty if it has none. */
  default Optional<String> label(String name) {
    return in(getMetadata().getLabels(), name);
  }

  /** The value of an annotation; empty if it has none. */
  default Optional<String> annotation(String name) {
    return in(getMetadata().getAnnotations(), name);
  }

  default boolean isBeingDeleted() {
    return getMetadata().getDeletionTimestamp() != null;
  }

  @SuppressWarnings("NullAway") // of a library without annotations
  private static Optional<String> in(Map<String, String> values, String name) {
    return values == null ? Optional.empty() : Optional.ofNullable(values.get(name));
  }

  /** Which LRP labels name. */
  @SuppressWarnings("NullAway") // of a library without annotations
  static Optional<ProcessGuid> idIn(ObjectMeta metadata) {
    var labels = metadata.getLabels();
    if (labels == null || !labels.containsKey(Labels.GUID) || !labels.containsKey(Labels.VERSION)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ProcessGuid(labels.get(Labels.GUID), labels.get(Labels.VERSION)));
    } catch (IllegalArgumentException empty) {
      return Optional.empty();
    }
  }
}
