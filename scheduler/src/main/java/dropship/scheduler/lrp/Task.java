package dropship.scheduler.lrp;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Something that runs once and reports its result.
 *
 * @param name given by a user; may be anything, or empty
 * @param callback the URL that is told the result; may hold a login, so it is not logged
 */
public record Task(
    String guid,
    String name,
    App app,
    Lifecycle lifecycle,
    SortedMap<String, String> environment,
    String callback) {
  public Task {
    environment = new TreeMap<>(environment);
  }
}
