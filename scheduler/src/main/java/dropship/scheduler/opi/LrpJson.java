package dropship.scheduler.opi;

import com.fasterxml.jackson.core.JsonFactory;
import dropship.scheduler.lrp.DesiredLrp;
import dropship.scheduler.lrp.Instance;
import dropship.scheduler.lrp.SchedulingInfo;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/** LRPs and their instances as Cloud Controller reads them. */
final class LrpJson {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int BYTES_EACH = 320;

  private LrpJson() {}

  /** There may be tens of thousands, so no tree is made of them. */
  static Buffer list(Collection<SchedulingInfo> lrps) throws IOException {
    var whole = Buffer.buffer(BYTES_EACH * (1 + lrps.size()));
    try (var json = JSON.createGenerator(into(whole))) {
      json.writeStartObject();
      json.writeArrayFieldStart("desired_lrp_scheduling_infos"); // also if there is none
      for (var lrp : lrps) {
        json.writeStartObject();
        json.writeObjectFieldStart("desired_lrp_key");
        json.writeStringField("process_guid", lrp.id().toString());
        json.writeEndObject();
        json.writeStringField("guid", lrp.id().guid());
        json.writeStringField("version", lrp.id().version());
        json.writeStringField("annotation", lrp.lastUpdated());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return whole;
  }

  private static OutputStream into(Buffer buffer) {
    return new OutputStream() {
      @Override
      public void write(int oneByte) {
        buffer.appendByte((byte) oneByte);
      }

      @Override
      public void write(byte[] bytes, int from, int length) {
        buffer.appendBytes(bytes, from, length);
      }
    };
  }

  static JsonObject desired(DesiredLrp lrp) {
    return new JsonObject()
        .put(
            "desired_lrp",
            new JsonObject()
                .put("process_guid", lrp.id().toString())
                .put("instances", lrp.instances())
                .put("routes", RouteFields.json(lrp.routes()))
                .put("annotation", lrp.lastUpdated())
                .put("image", lrp.image()));
  }

  static JsonObject instances(String processGuid, List<Instance> instances) {
    var array = new JsonArray();
    instances.forEach(each -> array.add(json(each)));
    return new JsonObject().put("process_guid", processGuid).put("instances", array);
  }

  /** The text is what Cloud Controller looks into. */
  static JsonObject noInstances(String processGuid, String error) {
    return new JsonObject().put("error", error).mergeIn(instances(processGuid, List.of()));
  }

  private static JsonObject json(Instance instance) {
    var json =
        new JsonObject()
            .put("index", instance.index())
            .put("since", nanos(instance.since()))
            .put("state", instance.state().name());
    instance.placementError().ifPresent(error -> json.put("placement_error", error));
    return json;
  }

  private static long nanos(Instant instant) {
    return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
  }
}
