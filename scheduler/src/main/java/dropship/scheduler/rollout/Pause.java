package dropship.scheduler.rollout;

import java.time.Instant;

/**
 * That nothing is moved.
 *
 * @param by a person's pause holds until it is lifted; our own only for what was active then
 * @param rootfs what was active, of all stacks
 */
record Pause(By by, String reason, Instant since, String rootfs) {
  /** Who has paused. */
  enum By {
    PERSON,
    ROLLOUT
  }

  boolean holdsFor(String active) {
    return by == By.PERSON || rootfs.equals(active);
  }
}
