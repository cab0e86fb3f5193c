package dropship.blobstore.server;

import java.util.Locale;
import java.util.Set;

/**
 * Somebody who may do something.
 *
 * @param actions what
 */
public record User(String name, Set<Action> actions) {
  /** What may be allowed. An admin may do everything. */
  public enum Action {
    PULL,
    PUSH,
    ADMIN;

    /** As in the configuration. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public boolean may(Action action) {
    return actions.contains(action) || actions.contains(Action.ADMIN);
  }
}
