package dropship.scheduler.lrp;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** LRPs and tasks to try things with, each of its own name. */
public final class SampleLrps {
  public static final App APP = new App("app", "dora", "space", "dev", "org", "acme");
  public static final Lifecycle DROPLET =
      new Lifecycle.Buildpack("droplet", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "./run");

  private SampleLrps() {}

  public static ProcessGuid newId() {
    return new ProcessGuid(UUID.randomUUID().toString(), UUID.randomUUID().toString());
  }

  public static Lrp lrp(ProcessGuid id, int instances) {
    return new Lrp(
        id,
        "web",
        APP,
        DROPLET,
        new TreeMap<>(Map.of("PORT", "8080")),
        instances,
        new Resources(64, 0, 1),
        new HealthCheck(HealthCheck.Type.PORT, "", Duration.ZERO),
        Duration.ZERO,
        List.of(),
        List.of(8080),
        List.of(new Route("a.example.com", 8080)),
        Map.of(),
        "1529064800.9");
  }

  public static Task task() {
    return new Task(
        UUID.randomUUID().toString(),
        "migrate",
        APP,
        DROPLET,
        new TreeMap<>(),
        "https://cc.example.com/done");
  }
}
