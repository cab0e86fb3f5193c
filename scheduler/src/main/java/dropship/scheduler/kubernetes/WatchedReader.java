package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.WatchEvent;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the objects that a watch sends, by their kind. Kubernetes writes that first, so no tree is
 * made of an object to find it: there are a dozen events of ten kilobytes for each LRP that starts.
 */
final class WatchedReader extends JsonDeserializer<Object> {
  private static final String KIND = "kind";
  private static final Map<String, Class<?>> KINDS =
      Map.of(
          "StatefulSet", WatchedStatefulSet.class,
          "Pod", WatchedPod.class,
          "Job", WatchedJob.class,
          "Status", Status.class);

  /** What is read so: events by this class, and of what is said about objects what we look at. */
  static ObjectMapper mapper() {
    return new ObjectMapper()
        .addMixIn(WatchEvent.class, OfThese.class)
        .addMixIn(ObjectMeta.class, AsFarAsWeLook.class);
  }

  @SuppressWarnings("UnusedMethod") // Jackson looks at it
  private abstract static class OfThese {
    @JsonProperty("object")
    @JsonDeserialize(using = WatchedReader.class)
    abstract void setObject(Object object);
  }

  @JsonIgnoreProperties({"managedFields", "ownerReferences", "finalizers", "generateName"})
  @SuppressWarnings("UnusedVariable") // Jackson looks at them
  private abstract static class AsFarAsWeLook {
    @JsonDeserialize(using = LookedAt.class)
    private Map<String, String> labels = Map.of();

    @JsonDeserialize(using = LookedAt.class)
    private Map<String, String> annotations = Map.of();
  }

  /** Of two dozen labels and annotations the few of {@link Labels#LOOKED_AT}. */
  private static final class LookedAt extends JsonDeserializer<Map<String, String>> {
    @Override
    public Map<String, String> deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      var kept = new HashMap<String, String>();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        var name = json.currentName();
        var value = json.nextTextValue();
        if (value != null && Labels.LOOKED_AT.contains(name)) {
          kept.put(name, value);
        } else {
          json.skipChildren();
        }
      }
      return Map.copyOf(kept);
    }
  }

  @Override
  public Object deserialize(JsonParser json, DeserializationContext context) throws IOException {
    if (json.isExpectedStartObjectToken()
        && json.nextToken() == JsonToken.FIELD_NAME
        && KIND.equals(json.currentName())) {
      var kind = json.nextTextValue();
      json.nextToken();
      return context.readValue(json, of(kind));
    }
    JsonNode rest = context.readTree(json);
    return context.readTreeAsValue(rest, of(rest.path(KIND).asText()));
  }

  private static Class<?> of(@Nullable String kind) throws IOException {
    var type = kind == null ? null : KINDS.get(kind);
    if (type == null) {
      throw new IOException("nobody watches objects of the kind " + kind);
    }
    return type;
  }
}
