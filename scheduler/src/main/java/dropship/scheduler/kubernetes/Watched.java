package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import dropship.scheduler.lrp.ProcessGuid;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.CustomResource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is kept of an object in a {@link Cached}: nothing is read of it but what we look at. Whole
 * ones, with the environments of 40,000 apps, would not fit in memory.
 *
 * @param <S> what is wanted
 * @param <T> what Kubernetes says of it
 */
@JsonDeserialize(using = JsonDeserializer.None.class) // as what it says it is, not by its kind
public abstract class Watched<S, T> extends CustomResource<S, T> implements Namespaced {
  /** Is asked for far more often than it is read. */
  private transient Optional<ProcessGuid> id = Optional.empty();

  @Override
  @SuppressWarnings("NullAway") // filled in by what is read
  protected S initSpec() {
    return null;
  }

  @Override
  @SuppressWarnings("NullAway") // filled in by what is read
  protected T initStatus() {
    return null;
  }

  /** Who has changed which field is most of an object, and of no interest here. */
  @Override
  public void setMetadata(ObjectMeta metadata) {
    metadata.setManagedFields(List.of());
    super.setMetadata(metadata);
    id = read(metadata);
  }

  /** Which LRP it is, or belongs to; empty if its labels do not say. */
  public Optional<ProcessGuid> id() {
    return id;
  }

  @SuppressWarnings("NullAway") // of a library without annotations
  private static Optional<ProcessGuid> read(ObjectMeta metadata) {
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

  /** The value of a label that is {@linkplain Labels#LOOKED_AT looked at}; empty if it has none. */
  public Optional<String> label(String name) {
    return in(getMetadata().getLabels(), name);
  }

  /** The value of an annotation that is looked at; empty if it has none. */
  public Optional<String> annotation(String name) {
    return in(getMetadata().getAnnotations(), name);
  }

  public boolean isBeingDeleted() {
    return getMetadata().getDeletionTimestamp() != null;
  }

  @SuppressWarnings("NullAway") // of a library without annotations
  private static Optional<String> in(Map<String, String> values, String name) {
    if (!Labels.LOOKED_AT.contains(name)) {
      throw new IllegalArgumentException(name + " is not read of what is watched");
    }
    return values == null ? Optional.empty() : Optional.ofNullable(values.get(name));
  }
}
