package dropship.scheduler.kubernetes;

import java.time.Duration;

/**
 * What is the same for all LRPs and tasks.
 *
 * @param pullSecret name of the secret that kubelets log in to the registry with
 * @param diskMb for those that say nothing, in MiB
 * @param drain how long an instance that is to end still serves, so that routes can go first
 * @param grace how long it may then take to end by itself
 * @param taskMemoryMb of tasks, whose requests say nothing of it, in MiB
 * @param taskTtl how long a task's remains are kept after its result has been reported
 */
public record LrpSettings(
    String pullSecret,
    int diskMb,
    Duration drain,
    Duration grace,
    int taskMemoryMb,
    Duration taskTtl) {}
