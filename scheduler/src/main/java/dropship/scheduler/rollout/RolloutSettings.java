package dropship.scheduler.rollout;

import java.time.Duration;

/**
 * How roll-outs are done.
 *
 * @param concurrentApps how many LRPs may lack an instance because of a roll-out
 * @param readyTimeout how long an LRP may take to be ready again
 * @param prePull whether nodes are given a new root file system before apps move to it
 * @param namespace where notes are kept, and what else is the scheduler's own
 * @param pullSecret the name of the secret that kubelets log in to the registry with
 */
public record RolloutSettings(
    int concurrentApps,
    Duration readyTimeout,
    boolean prePull,
    String namespace,
    String pullSecret) {
  Plan.Limits limits() {
    return new Plan.Limits(concurrentApps, readyTimeout);
  }
}
