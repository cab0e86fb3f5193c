package dropship.scheduler.kubernetes;

import dropship.scheduler.lrp.App;
import dropship.scheduler.lrp.HealthCheck;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.Lrp;
import dropship.scheduler.lrp.ProcessGuid;
import dropship.scheduler.lrp.Resources;
import dropship.scheduler.lrp.Route;
import dropship.scheduler.lrp.VolumeMount;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An LRP as Cloud Controller desires it, of which a test changes what it is about. */
final class SampleLrp {
  private final ProcessGuid id;
  private String processType = "web";
  private App app =
      new App("app-guid", "dora", "space-guid", "staging", "organization-guid", "acme");
  private Lifecycle lifecycle = new Lifecycle.Buildpack("droplet-guid", "droplet-hash", "");
  private final TreeMap<String, String> environment = new TreeMap<>();
  private int instances = 1;
  private Resources resources = new Resources(256, 1024, 3);
  private HealthCheck healthCheck = new HealthCheck(HealthCheck.Type.PORT, "", Duration.ZERO);
  private Duration startTimeout = Duration.ofSeconds(60);
  private List<VolumeMount> volumeMounts = List.of();
  private List<Integer> ports = List.of(8080);
  private List<Route> routes = List.of(new Route("dora.example.com", 8080));
  private Map<String, String> annotations = Map.of();
  private String lastUpdated = "1529064800.9";

  SampleLrp(String guid, String version) {
    id = new ProcessGuid(guid, version);
  }

  static SampleLrp named(String guid) {
    return new SampleLrp(guid, "version");
  }

  SampleLrp type(String type) {
    processType = type;
    return this;
  }

  SampleLrp app(String name, String space) {
    return app(new App("app-guid", name, "space-guid", space, "organization-guid", "acme"));
  }

  SampleLrp app(App whose) {
    app = whose;
    return this;
  }

  SampleLrp runs(Lifecycle what) {
    lifecycle = what;
    return this;
  }

  SampleLrp env(String name, String value) {
    environment.put(name, value);
    return this;
  }

  SampleLrp instances(int count) {
    instances = count;
    return this;
  }

  SampleLrp resources(int memoryMb, int diskMb, int cpuWeight) {
    resources = new Resources(memoryMb, diskMb, cpuWeight);
    return this;
  }

  SampleLrp health(HealthCheck.Type type, String endpoint, Duration timeout) {
    healthCheck = new HealthCheck(type, endpoint, timeout);
    return this;
  }

  SampleLrp startTimeout(Duration timeout) {
    startTimeout = timeout;
    return this;
  }

  SampleLrp volumes(VolumeMount... mounts) {
    volumeMounts = List.of(mounts);
    return this;
  }

  SampleLrp ports(Integer... numbers) {
    ports = List.of(numbers);
    return this;
  }

  SampleLrp routes(Route... some) {
    routes = List.of(some);
    return this;
  }

  SampleLrp annotations(Map<String, String> some) {
    annotations = some;
    return this;
  }

  SampleLrp lastUpdated(String text) {
    lastUpdated = text;
    return this;
  }

  Lrp lrp() {
    return new Lrp(
        id,
        processType,
        app,
        lifecycle,
        environment,
        instances,
        resources,
        healthCheck,
        startTimeout,
        volumeMounts,
        ports,
        routes,
        annotations,
        lastUpdated);
  }
}
