package dropship.scheduler.rollout;

import dropship.scheduler.image.Rootfs;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One LRP as a roll-out sees it.
 *
 * @param key namespace and name of its StatefulSet
 * @param process its guid and version, for people
 * @param policy whether it takes part
 * @param at what its image is made of
 * @param target what it should be made of; empty if its stack has no active version
 * @param instances how many are wanted
 * @param ready how many are ready, by what is known of them, not by what Kubernetes' controller
 *     says of them: under load it is a minute behind
 * @param observed whether Kubernetes has begun to do what was asked of it last
 * @param settled whether all instances are of the present revision and were ready once, and there
 *     are no others
 * @param rolledAt when a roll-out has changed its image; empty if none ever has
 * @param startedAt when the youngest instance of the present revision that is not ready was made;
 *     empty if all are ready that there are
 * @param unreadyBefore how it was then
 * @param trouble what is wrong with an instance of the present revision
 * @param wrongImage an instance of the present revision that runs something else
 */
record Member(
    String key,
    String process,
    Policy policy,
    Optional<Rootfs> at,
    Optional<Rootfs> target,
    int instances,
    int ready,
    boolean observed,
    boolean settled,
    Optional<Instant> rolledAt,
    Optional<Instant> startedAt,
    Unready unreadyBefore,
    Optional<String> trouble,
    Optional<String> wrongImage) {

  /** Whether an LRP takes part. */
  enum Policy {
    /** Goes to what is active. */
    FOLLOWS,
    /** Goes to, and stays at, a version of its own. */
    PINNED,
    /** Is left alone. */
    EXCLUDED
  }

  /** How many instances were not ready before we touched an LRP: for those it is not our fault. */
  enum Unready {
    NONE,
    SOME,
    ALL
  }

  /** How far the last change of its image has come, whether or not that is still wanted. */
  sealed interface Progress {
    /** There is nothing to wait for. */
    record Settled() implements Progress {}

    /** Under way. */
    record Rolling() implements Progress {}

    /** Was not ready before, and is not now. */
    record Unwell() implements Progress {}

    /** Was ready before, and is not now. */
    record Failed(String reason) implements Progress {}
  }

  Progress progress(Instant now, Duration readyTimeout) {
    if (wrongImage.isPresent()) {
      return new Progress.Failed(wrongImage.get());
    }
    if (rolledAt.isEmpty() || instances == 0 || (observed && settled && ready >= instances)) {
      return new Progress.Settled();
    }
    if (!observed) {
      return new Progress.Rolling(); // however long that takes, it is not the app's fault
    }
    boolean late = isLate(now, rolledAt.get(), readyTimeout);
    if (settled) {
      return late ? new Progress.Settled() : new Progress.Rolling();
    }
    if (unreadyBefore != Unready.NONE) {
      return late ? new Progress.Unwell() : new Progress.Rolling();
    }
    if (trouble.isPresent()) {
      return new Progress.Failed(trouble.get());
    }
    return late
        ? new Progress.Failed(
            "an instance is not ready on %s after %s s"
                .formatted(at.map(Rootfs::toString).orElse("it"), readyTimeout.toSeconds()))
        : new Progress.Rolling();
  }

  /** Instances are replaced one after the other. Each may take so long, and Kubernetes as well. */
  private boolean isLate(Instant now, Instant rolled, Duration readyTimeout) {
    return now.isAfter(rolled.plus(readyTimeout.multipliedBy(instances + 1L)))
        || startedAt
            .map(started -> started.isAfter(rolled) ? started : rolled)
            .filter(began -> now.isAfter(began.plus(readyTimeout)))
            .isPresent();
  }

  /** What is to be noted of it when its image is changed now. */
  Unready unreadyNow(Instant now, Duration readyTimeout) {
    return switch (progress(now, readyTimeout)) {
      case Progress.Rolling rolling -> unreadyBefore; // what is not ready may be so because of us
      case Progress.Failed failed -> unreadyBefore;
      case Progress.Settled settled -> unready();
      case Progress.Unwell unwell -> unready();
    };
  }

  private Unready unready() {
    return ready >= instances ? Unready.NONE : ready == 0 ? Unready.ALL : Unready.SOME;
  }

  boolean isAtTarget() {
    return at.isPresent() && at.equals(target);
  }

  /** Whether it is to be given another image. */
  boolean isWaiting() {
    return policy != Policy.EXCLUDED && target.isPresent() && !isAtTarget();
  }

  /** Whether moving it takes no instance away that serves. */
  boolean servesNobody() {
    return instances == 0 || ready == 0;
  }
}
