package dropship.scheduler.lrp;

import java.util.List;

/** What can change about an LRP without restarting it. */
public record LrpUpdate(int instances, List<Route> routes, String lastUpdated) {
  public LrpUpdate {
    routes = List.copyOf(routes);
  }
}
