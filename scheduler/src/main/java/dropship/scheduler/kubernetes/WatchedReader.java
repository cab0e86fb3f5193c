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

  /** What is read so: events by this class, and of all objects not who has changed which field. */
  static ObjectMapper mapper() {
    return new ObjectMapper()
        .addMixIn(WatchEvent.class, OfThese.class)
        .addMixIn(ObjectMeta.class, WithoutManagedFields.class);
  }

  @SuppressWarnings("UnusedMethod") // Jackson looks at it
  private abstract static class OfThese {
    @JsonProperty("object")
    @JsonDeserialize(using = WatchedReader.class)
    abstract void setObject(Object object);
  }

  @JsonIgnoreProperties("managedFields")
  private abstract static class WithoutManagedFields {}

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
