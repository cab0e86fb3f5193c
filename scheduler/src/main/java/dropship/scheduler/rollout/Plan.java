package dropship.scheduler.rollout;

import dropship.scheduler.image.Rootfs;
import dropship.scheduler.rollout.Member.Policy;
import dropship.scheduler.rollout.Member.Progress;
import dropship.scheduler.rollout.Member.Unready;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * What a roll-out does next. Depends on nothing but what the cluster says now, so that it does not
 * matter who has begun.
 *
 * @param move the LRPs whose image is to be changed now, in this order
 * @param failed the LRPs that have not become ready and about which nobody knows yet: if there are
 *     any, the roll-out pauses
 */
record Plan(List<Member> move, List<Failure> failed) {
  /** What costs nothing is not done all at once either. */
  static final int MOST_FREE_MOVES = 64;

  /** An LRP that has not become ready at a version. */
  record Failure(String key, String process, String rootfs, String reason) {
    static Failure of(Member member, Progress.Failed failed) {
      return new Failure(
          member.key(),
          member.process(),
          member.at().map(Rootfs::toString).orElse(""),
          failed.reason());
    }
  }

  /**
   * Bounds.
   *
   * @param concurrentApps how many LRPs may lack an instance because of us. Kubernetes takes one
   *     instance of a StatefulSet at a time.
   * @param readyTimeout how long an LRP may take to be ready again
   */
  record Limits(int concurrentApps, Duration readyTimeout) {}

  /**
   * @param moving those whose image is being changed
   * @param held those that have to wait before it is tried again
   * @param known failures that a person has been told of and has decided to go on from
   */
  static Plan of(
      Collection<Member> members,
      Set<String> moving,
      Set<String> held,
      Set<Acknowledged> known,
      boolean paused,
      Limits limits,
      Instant now) {
    var begun =
        new ArrayList<Member>(); // lacks an instance already, so that moving it costs nothing
    var idle = new ArrayList<Member>();
    var serving = new ArrayList<Member>();
    var failed = new ArrayList<Failure>();
    int free = limits.concurrentApps;
    for (var member : members) {
      var progress = member.progress(now, limits.readyTimeout);
      boolean acknowledged = Acknowledged.in(known, member);
      if (progress instanceof Progress.Failed failure
          && member.isAtTarget()
          && member.policy() != Policy.EXCLUDED
          && !acknowledged) {
        failed.add(Failure.of(member, failure));
      }
      boolean under = progress instanceof Progress.Rolling || progress instanceof Progress.Failed;
      boolean costs = under && !acknowledged && member.unreadyBefore() != Unready.ALL;
      if (moving.contains(member.key())) {
        free -= costs || !member.servesNobody() ? 1 : 0;
        continue;
      }
      free -= costs ? 1 : 0;
      if (member.isWaiting() && !held.contains(member.key())) {
        (under ? begun : member.servesNobody() ? idle : serving).add(member);
      }
    }
    if (paused || !failed.isEmpty()) {
      return new Plan(List.of(), failed);
    }
    var move = new ArrayList<Member>(begun);
    addFirst(move, idle, MOST_FREE_MOVES);
    addFirst(move, serving, Math.max(0, free));
    return new Plan(move, failed);
  }

  private static void addFirst(List<Member> move, List<Member> candidates, int most) {
    candidates.stream().sorted(Comparator.comparing(Member::key)).limit(most).forEach(move::add);
  }
}
