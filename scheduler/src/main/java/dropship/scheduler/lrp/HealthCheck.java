package dropship.scheduler.lrp;

import java.time.Duration;

/**
 * How an instance shows that it is well.
 *
 * @param endpoint a path, for {@link Type#HTTP}
 * @param timeout until it must be well after its start, if the user has set one; zero if not
 */
public record HealthCheck(Type type, String endpoint, Duration timeout) {
  /** What is asked. */
  public enum Type {
    /** A GET of the endpoint at the first port. */
    HTTP,
    /** A connection to the first port. */
    PORT,
    /** Nothing: a process that runs is well. */
    PROCESS
  }
}
