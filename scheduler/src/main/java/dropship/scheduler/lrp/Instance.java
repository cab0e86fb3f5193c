package dropship.scheduler.lrp;

import java.time.Instant;
import java.util.Optional;

/**
 * One running copy of an LRP.
 *
 * @param since when it began
 * @param placementError why it can run nowhere
 */
public record Instance(int index, Instant since, State state, Optional<String> placementError) {
  /** The names are those of Cloud Controller's protocol. */
  public enum State {
    RUNNING,
    /** Has a place and is on its way. */
    CLAIMED,
    /** Has no place. */
    UNCLAIMED,
    CRASHED,
    UNKNOWN
  }
}
