package dropship.scheduler.lrp;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A long-running process: so many instances of something are kept alive.
 *
 * @param processType {@code web}, {@code worker}
 * @param environment in the order of names, so that one LRP always looks the same
 * @param startTimeout how long an instance may take until it is well; zero if nothing was said
 * @param ports the first is the one that health is asked at; may be empty
 * @param annotations of the user's own, to be seen on pods
 * @param lastUpdated Cloud Controller's mark, kept byte for byte: it compares the text
 */
public record Lrp(
    ProcessGuid id,
    String processType,
    App app,
    Lifecycle lifecycle,
    SortedMap<String, String> environment,
    int instances,
    Resources resources,
    HealthCheck healthCheck,
    Duration startTimeout,
    List<VolumeMount> volumeMounts,
    List<Integer> ports,
    List<Route> routes,
    Map<String, String> annotations,
    String lastUpdated) {

  public Lrp {
    environment = new TreeMap<>(environment);
    volumeMounts = List.copyOf(volumeMounts);
    ports = List.copyOf(ports);
    routes = List.copyOf(routes);
    annotations = Map.copyOf(annotations);
  }
}
