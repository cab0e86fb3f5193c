package dropship.scheduler.opi;

import dropship.scheduler.lrp.HealthCheck;
import dropship.scheduler.lrp.Lrp;
import dropship.scheduler.lrp.Resources;
import dropship.scheduler.lrp.VolumeMount;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;

/** The body of {@code PUT /apps/<process guid>}, of Cloud Controllers of all ages. */
final class DesireBody {
  static final int MOST_INSTANCES = 10_000;
  private static final int MOST_WEIGHT = 100;
  private static final int MOST_MEBIBYTES = 1 << 24;
  private static final int LONGEST_MILLIS = (int) Duration.ofDays(1).toMillis();

  private DesireBody() {}

  static Lrp read(String processGuid, Buffer body) {
    var fields = Fields.parse(body);
    var environment = fields.map("environment");
    var ports = portsIn(fields);
    return new Lrp(
        Identity.in(fields, processGuid),
        fields.text("process_type"),
        AppFields.ofLrp(fields, environment),
        LifecycleFields.in(fields),
        environment,
        fields.count("instances", MOST_INSTANCES),
        resourcesIn(fields),
        healthCheckIn(fields, ports),
        millisIn(fields, "start_timeout_ms"),
        fields.objects("volume_mounts", DesireBody::volumeMount),
        ports,
        RouteFields.in(fields),
        fields.map("user_defined_annotations"),
        fields.text("last_updated"));
  }

  private static Resources resourcesIn(Fields fields) {
    return new Resources(
        fields.count("memory_mb", MOST_MEBIBYTES),
        fields.count("disk_mb", MOST_MEBIBYTES),
        Math.min(fields.count("cpu_weight", Integer.MAX_VALUE), MOST_WEIGHT));
  }

  /** Where there is no port to ask at, that the process runs has to do. */
  private static HealthCheck healthCheckIn(Fields fields, List<Integer> ports) {
    var type =
        switch (ports.isEmpty() ? "" : fields.text("health_check_type")) {
          case "http" -> HealthCheck.Type.HTTP;
          case "port" -> HealthCheck.Type.PORT;
          default -> HealthCheck.Type.PROCESS;
        };
    return new HealthCheck(
        type,
        fields.text("health_check_http_endpoint"),
        millisIn(fields, "health_check_timeout_ms"));
  }

  private static Duration millisIn(Fields fields, String name) {
    return Duration.ofMillis(fields.count(name, LONGEST_MILLIS));
  }

  private static VolumeMount volumeMount(Fields fields) {
    var mount = new VolumeMount(fields.text("volume_id"), fields.text("mount_dir"));
    if (mount.volumeId().isEmpty() || !mount.mountDir().startsWith("/")) {
      throw fields.invalid("mount_dir", "expected an absolute path, and a volume_id");
    }
    return mount;
  }

  private static List<Integer> portsIn(Fields fields) {
    var ports = fields.counts("ports", RouteFields.HIGHEST_PORT);
    if (ports.contains(0) || new HashSet<>(ports).size() < ports.size()) {
      throw fields.invalid("ports", "expected different numbers from 1");
    }
    return ports;
  }
}
