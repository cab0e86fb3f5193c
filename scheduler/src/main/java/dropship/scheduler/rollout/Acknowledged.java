package dropship.scheduler.rollout;

import java.util.Set;

/**
 * That an LRP has not become ready at a version, and a person has let the roll-out go on all the
 * same.
 */
record Acknowledged(String key, String rootfs) {
  static boolean in(Set<Acknowledged> known, Member member) {
    return !known.isEmpty()
        && member
            .at()
            .map(at -> known.contains(new Acknowledged(member.key(), at.toString())))
            .orElse(false);
  }
}
