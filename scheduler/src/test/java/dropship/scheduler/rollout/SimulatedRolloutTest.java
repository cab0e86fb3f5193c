package dropship.scheduler.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.scheduler.rollout.Member.Policy;
import dropship.scheduler.rollout.Plan.Limits;
import dropship.scheduler.rollout.SimulatedCluster.StatefulSet;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Roll-outs in clusters that are slow, ill and made up; each seed is another one. */
class SimulatedRolloutTest {
  @Retention(RetentionPolicy.RUNTIME)
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  @ParameterizedTest
  @interface Seeds {}

  private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);
  private static final int LONG = 5000;

  private final Set<Acknowledged> known = new HashSet<>();
  private SimulatedCluster cluster;
  private Random random;
  private String active = "1";
  private boolean paused;
  private long mostUnavailable;
  private int budget;

  private void start(long seed) {
    random = new Random(seed);
    cluster = new SimulatedCluster(random);
    budget = 1 + random.nextInt(10);
    int count = 20 + random.nextInt(60);
    for (int i = 0; i < count; i++) {
      cluster.add("lrp-%02d".formatted(i), active, random.nextInt(5));
    }
    for (int i = 0; i < 60; i++) {
      cluster.step(active);
    }
    cluster.forget(active);
    assertThat(cluster.unavailable()).isZero();
  }

  private StatefulSet some() {
    while (true) {
      var one = cluster.all.get("lrp-%02d".formatted(random.nextInt(cluster.all.size())));
      if (one.instances > 0 && !one.sick && one.policy == Policy.FOLLOWS && one.pin.isEmpty()) {
        return one;
      }
    }
  }

  private void step() {
    if (random.nextInt(50) == 0) {
      cluster.forget(active); // another one leads from here
    }
    var limits = new Limits(budget, READY_TIMEOUT);
    var plan =
        Plan.of(cluster.seen(active), Set.of(), Set.of(), known, paused, limits, cluster.now);
    paused |= !plan.failed().isEmpty();
    plan.move().forEach(member -> cluster.move(member, READY_TIMEOUT, active));
    cluster.step(active);
    mostUnavailable = Math.max(mostUnavailable, cluster.unavailable());
  }

  private boolean isDone() {
    return cluster.all.values().stream()
        .filter(one -> one.policy != Policy.EXCLUDED)
        .allMatch(one ->
            one.image.equals(one.pin.orElse(active))
                && (one.sick || one.view(active).settled() && one.ready() == one.instances));
  }

  private void runUntilDone() {
    for (int i = 0; i < LONG && !isDone(); i++) {
      step();
    }
    assertThat(isDone()).as("the roll-out ends").isTrue();
    cluster.all.values().stream()
        .filter(one -> one.policy != Policy.EXCLUDED && !one.sick)
        .forEach(
            one -> assertThat(one.pods).allMatch(pod -> pod.image.equals(one.pin.orElse(active))));
  }

  @Seeds
  void endsAndNeverTakesMoreThanItsBudget(long seed) {
    start(seed);
    active = "2";
    runUntilDone();
    assertThat(paused).isFalse();
    assertThat(mostUnavailable).isBetween(1L, (long) budget);
  }

  @Seeds
  void whatWasIllBeforeNeitherPausesNorStopsIt(long seed) {
    start(seed);
    for (int i = 0; i < 5; i++) {
      some().sick = true;
    }
    for (int i = 0; i < 20; i++) {
      cluster.step(active);
    }
    cluster.forget(active);
    active = "2";
    runUntilDone();
    assertThat(paused).isFalse();
    assertThat(mostUnavailable).isLessThanOrEqualTo(budget);
  }

  @Seeds
  void whatIsPinnedOrExcludedStays(long seed) {
    start(seed);
    var pinned = some();
    pinned.pin = Optional.of("1");
    var excluded = some();
    excluded.policy = Policy.EXCLUDED;
    active = "2";
    runUntilDone();
    assertThat(pinned.image).isEqualTo("1");
    assertThat(excluded.image).isEqualTo("1");
  }

  @Seeds
  void pausesWhenOneCannotStartAndUndoBringsAllBack(long seed) {
    start(seed);
    var broken = some();
    broken.failsOn = "2";
    active = "2";
    for (int i = 0; i < LONG && !paused; i++) {
      step();
    }
    assertThat(paused).isTrue();
    var moved = cluster.all.values().stream().filter(one -> one.image.equals("2")).count();
    for (int i = 0; i < 100; i++) {
      step();
    }
    assertThat(cluster.all.values().stream().filter(one -> one.image.equals("2")).count())
        .as("nothing moves while it is paused")
        .isEqualTo(moved);
    assertThat(cluster.unavailable())
        .as("only the one that cannot start lacks an instance")
        .isOne();
    active = "1";
    paused = false;
    runUntilDone();
    assertThat(cluster.unavailable()).isZero();
    assertThat(mostUnavailable).isLessThanOrEqualTo(budget);
  }

  @Seeds
  void goesOnWithoutTheOneThatAPersonKnowsOf(long seed) {
    start(seed);
    var broken = some();
    broken.failsOn = "2";
    active = "2";
    for (int i = 0; i < LONG && !paused; i++) {
      step();
    }
    known.add(new Acknowledged(broken.name, "s/2"));
    paused = false;
    for (int i = 0;
        i < LONG && cluster.all.values().stream().anyMatch(one -> one.image.equals("1"));
        i++) {
      step();
    }
    assertThat(cluster.all.values()).allMatch(one -> one.image.equals("2"));
    assertThat(paused).as("it does not pause for the same one again").isFalse();
    active = "3";
    runUntilDone();
  }

  @Seeds
  void theRootfsMayChangeAtAnyMoment(long seed) {
    start(seed);
    for (int i = 0; i < 200; i++) {
      if (random.nextInt(20) == 0) {
        active = Integer.toString(1 + random.nextInt(3));
      }
      step();
    }
    runUntilDone();
    assertThat(paused).isFalse();
    assertThat(mostUnavailable).isLessThanOrEqualTo(budget);
  }

  @Seeds
  void appsMayBeScaledMeanwhile(long seed) {
    start(seed);
    active = "2";
    for (int i = 0; i < 100; i++) {
      if (random.nextInt(5) == 0) {
        var one = cluster.all.get("lrp-%02d".formatted(random.nextInt(cluster.all.size())));
        one.instances = random.nextInt(5);
        one.generation++;
      }
      step();
    }
    runUntilDone();
    assertThat(paused).isFalse();
  }
}
