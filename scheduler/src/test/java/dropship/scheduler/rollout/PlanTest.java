package dropship.scheduler.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.scheduler.image.Rootfs;
import dropship.scheduler.rollout.Member.Policy;
import dropship.scheduler.rollout.Member.Unready;
import dropship.scheduler.rollout.Plan.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration READY_TIMEOUT = Duration.ofMinutes(5);

  private static Member at(String key, String version, int instances, int ready) {
    return new Member(
        key,
        "guid",
        Policy.FOLLOWS,
        Optional.of(new Rootfs("s", version)),
        Optional.of(new Rootfs("s", "2")),
        instances,
        ready,
        true,
        true,
        Optional.empty(),
        Optional.empty(),
        Unready.NONE,
        Optional.empty(),
        Optional.empty());
  }

  private static Member moved(String key, String version, Duration ago, Unready unready) {
    return rolling(key, version, 2, ago, Optional.of(ago), unready);
  }

  private static Member rolling(
      String key,
      String version,
      int instances,
      Duration ago,
      Optional<Duration> started,
      Unready unready) {
    return new Member(
        key,
        "guid",
        Policy.FOLLOWS,
        Optional.of(new Rootfs("s", version)),
        Optional.of(new Rootfs("s", "2")),
        instances,
        instances - 1,
        true,
        false,
        Optional.of(NOW.minus(ago)),
        started.map(NOW::minus),
        unready,
        Optional.empty(),
        Optional.empty());
  }

  private static Plan plan(int budget, Member... members) {
    return plan(budget, Set.of(), false, members);
  }

  private static Plan plan(int budget, Set<Acknowledged> known, boolean paused, Member... members) {
    var limits = new Limits(budget, READY_TIMEOUT);
    return Plan.of(List.of(members), Set.of(), Set.of(), known, paused, limits, NOW);
  }

  private static List<String> keys(Plan plan) {
    return plan.move().stream().map(Member::key).toList();
  }

  @Test
  void movesAsManyAsMayLackAnInstance() {
    var plan =
        plan(2, at("c", "1", 1, 1), at("b", "1", 2, 2), at("a", "1", 3, 3), at("d", "2", 1, 1));
    assertThat(keys(plan)).containsExactly("a", "b");
  }

  @Test
  void whatIsUnderWayCountsAndWhatIsMovedAtThisMomentToo() {
    var moving = moved("a", "2", Duration.ofSeconds(5), Unready.NONE);
    assertThat(keys(plan(2, moving, at("b", "1", 1, 1), at("c", "1", 1, 1)))).containsExactly("b");
    var limits = new Limits(2, READY_TIMEOUT);
    var members = List.of(moving, at("b", "1", 1, 1), at("c", "1", 1, 1));
    assertThat(Plan.of(members, Set.of("b"), Set.of(), Set.of(), false, limits, NOW).move())
        .isEmpty();
  }

  @Test
  void whatFailedToBeMovedIsLeftOutAndCostsNothing() {
    var limits = new Limits(1, READY_TIMEOUT);
    var members = List.of(at("a", "1", 1, 1), at("b", "1", 1, 1));
    var plan = Plan.of(members, Set.of(), Set.of("a"), Set.of(), false, limits, NOW);
    assertThat(keys(plan)).containsExactly("b");
  }

  @Test
  void whatServesNobodyNeedsNotWait() {
    var plan =
        plan(1, at("a", "1", 0, 0), at("b", "1", 2, 0), at("c", "1", 1, 1), at("d", "1", 1, 1));
    assertThat(keys(plan)).containsExactly("a", "b", "c");
  }

  @Test
  void whatIsHalfWayToSomethingElseComesFirstAndCostsNothingMore() {
    var half = moved("z", "3", Duration.ofMinutes(20), Unready.NONE);
    assertThat(keys(plan(1, half, at("a", "1", 1, 1)))).containsExactly("z");
  }

  @Test
  void pausesForOneThatDoesNotBecomeReadyInTime() {
    var late = moved("a", "2", READY_TIMEOUT.plusSeconds(1), Unready.NONE);
    var plan = plan(5, late, at("b", "1", 1, 1));
    assertThat(plan.failed())
        .containsExactly(
            new Plan.Failure("a", "guid", "s/2", "an instance is not ready on s/2 after 300 s"));
    assertThat(plan.move()).isEmpty();
    assertThat(plan(5, moved("a", "2", READY_TIMEOUT.minusSeconds(1), Unready.NONE)).failed())
        .isEmpty();
  }

  @Test
  void eachInstanceMayTakeSoLong() {
    var soon = Optional.of(Duration.ofSeconds(1));
    var many = rolling("a", "2", 20, READY_TIMEOUT.multipliedBy(15), soon, Unready.NONE);
    assertThat(plan(5, many).failed()).isEmpty();
    var late = Optional.of(READY_TIMEOUT.plusSeconds(1));
    var stuck = rolling("a", "2", 20, READY_TIMEOUT.multipliedBy(15), late, Unready.NONE);
    assertThat(plan(5, stuck).failed()).hasSize(1);
    var forever = rolling("a", "2", 20, READY_TIMEOUT.multipliedBy(22), soon, Unready.NONE);
    assertThat(plan(5, forever).failed()).as("as one is made anew again and again").hasSize(1);
  }

  @Test
  void kubernetesMayTakeAsLongToReplaceAnInstance() {
    var none = Optional.<Duration>empty();
    var waiting = rolling("a", "2", 1, READY_TIMEOUT.plusSeconds(1), none, Unready.NONE);
    assertThat(plan(5, waiting).failed()).isEmpty();
    var never = rolling("a", "2", 1, READY_TIMEOUT.multipliedBy(3), none, Unready.NONE);
    assertThat(plan(5, never).failed()).hasSize(1);
  }

  @Test
  void doesNotPauseForOneThatWasNotReadyBefore() {
    var late = moved("a", "2", READY_TIMEOUT.plusSeconds(1), Unready.SOME);
    var plan = plan(1, late, at("b", "1", 1, 1));
    assertThat(plan.failed()).isEmpty();
    assertThat(keys(plan)).containsExactly("b");
  }

  @Test
  void goesOnFromAFailureThatAPersonKnowsOfButOnlyAtThatVersion() {
    var late = moved("a", "2", READY_TIMEOUT.plusSeconds(1), Unready.NONE);
    var known = plan(1, Set.of(new Acknowledged("a", "s/2")), false, late, at("b", "1", 1, 1));
    assertThat(known.failed()).isEmpty();
    assertThat(keys(known)).containsExactly("b");
    assertThat(plan(1, Set.of(new Acknowledged("a", "s/1")), false, late).failed()).hasSize(1);
  }

  @Test
  void movesNothingWhilePaused() {
    assertThat(plan(5, Set.of(), true, at("a", "1", 1, 1), at("b", "1", 0, 0)).move()).isEmpty();
  }

  @Test
  void thousandsThatCostNothingAreNotMovedAllAtOnce() {
    var many = new Member[1000];
    for (int i = 0; i < many.length; i++) {
      many[i] = at("lrp-" + i, "1", 0, 0);
    }
    assertThat(plan(1, many).move()).hasSize(Plan.MOST_FREE_MOVES);
  }
}
