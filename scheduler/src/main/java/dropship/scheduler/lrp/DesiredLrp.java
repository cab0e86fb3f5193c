package dropship.scheduler.lrp;

import java.util.List;

/**
 * An LRP that has been desired, as far as Cloud Controller asks for it again.
 *
 * @param routes empty, too, where they cannot be read any more
 * @param lastUpdated what the last desire or update that succeeded said
 * @param image what its instances run
 */
public record DesiredLrp(
    ProcessGuid id, int instances, List<Route> routes, String lastUpdated, String image) {
  public DesiredLrp {
    routes = List.copyOf(routes);
  }
}
