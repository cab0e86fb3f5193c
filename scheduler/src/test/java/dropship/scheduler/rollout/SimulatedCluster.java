package dropship.scheduler.rollout;

import dropship.scheduler.image.Rootfs;
import dropship.scheduler.rollout.Member.Policy;
import dropship.scheduler.rollout.Member.Unready;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * StatefulSets as Kubernetes treats them (rolling update, pods made in parallel): the highest
 * instance that is not of the present revision is replaced first, and the next one only when all
 * that are of it are ready. What is seen of it lags behind.
 */
final class SimulatedCluster {
  private static final Duration STEP = Duration.ofSeconds(1);

  final Map<String, StatefulSet> all = new TreeMap<>();
  Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Random random;
  private Map<String, Member> cache = new TreeMap<>();

  SimulatedCluster(Random random) {
    this.random = random;
  }

  static final class Pod {
    String image;
    final Instant madeAt;
    int startsIn;
    boolean ready;

    Pod(String image, Instant madeAt, int startsIn) {
      this.image = image;
      this.madeAt = madeAt;
      this.startsIn = startsIn;
    }
  }

  final class StatefulSet {
    final String name;
    final List<Pod> pods = new ArrayList<>();
    Policy policy = Policy.FOLLOWS;
    Optional<String> pin = Optional.empty();
    String image;
    int generation;
    int observed;
    String current;
    int instances;
    boolean sick;
    String failsOn = "none";
    Optional<Instant> rolledAt = Optional.empty();
    Unready unreadyBefore = Unready.NONE;

    StatefulSet(String name, String image, int instances) {
      this.name = name;
      this.image = image;
      this.current = image;
      this.instances = instances;
    }

    void step() {
      observed = generation;
      while (pods.size() > instances) {
        pods.removeLast();
      }
      while (pods.size() < instances) {
        pods.add(new Pod(image, now, 1 + random.nextInt(4)));
      }
      for (var pod : pods) {
        pod.startsIn--;
        pod.ready = pod.startsIn <= 0 && !sick && !pod.image.equals(failsOn);
      }
      for (int i = pods.size() - 1; i >= 0; i--) {
        var pod = pods.get(i);
        if (!pod.image.equals(image)) {
          pods.set(i, new Pod(image, now, 1 + random.nextInt(4)));
          return;
        }
        if (!pod.ready) {
          return;
        }
      }
      current = image;
    }

    int ready() {
      return (int) pods.stream().filter(pod -> pod.ready).count();
    }

    Member view(String active) {
      boolean others = pods.stream().anyMatch(pod -> !pod.image.equals(image));
      var crashing =
          pods.stream().anyMatch(pod -> pod.image.equals(image) && pod.startsIn < -3 && !pod.ready);
      return new Member(
          name,
          "guid of " + name,
          policy,
          Optional.of(new Rootfs("s", image)),
          Optional.of(new Rootfs("s", pin.orElse(active))),
          instances,
          ready(),
          observed == generation,
          observed == generation && !others && (current.equals(image) || ready() >= instances),
          rolledAt,
          pods.stream()
              .filter(pod -> pod.image.equals(image) && !pod.ready)
              .map(pod -> pod.madeAt)
              .max(Comparator.naturalOrder()),
          unreadyBefore,
          crashing ? Optional.of("CrashLoopBackOff") : Optional.empty(),
          Optional.empty());
    }
  }

  StatefulSet add(String name, String image, int instances) {
    var added = new StatefulSet(name, image, instances);
    all.put(name, added);
    return added;
  }

  /** Time passes, and every controller that is not slow today acts. */
  void step(String active) {
    now = now.plus(STEP);
    for (var one : all.values()) {
      if (random.nextInt(4) > 0) {
        one.step();
      }
    }
    for (var one : all.values()) {
      if (random.nextInt(3) > 0) {
        cache.put(one.name, one.view(active));
      }
    }
    cache.keySet().retainAll(all.keySet());
  }

  private static Member withTarget(Member member, StatefulSet one, String active) {
    return new Member(
        member.key(),
        member.process(),
        one.policy,
        member.at(),
        Optional.of(new Rootfs("s", one.pin.orElse(active))),
        member.instances(),
        member.ready(),
        member.observed(),
        member.settled(),
        member.rolledAt(),
        member.startedAt(),
        member.unreadyBefore(),
        member.trouble(),
        member.wrongImage());
  }

  /** What a cache says: not always the latest, but for what has been written through it. */
  Collection<Member> seen(String active) {
    return cache.values().stream()
        .map(member -> withTarget(member, all.get(member.key()), active))
        .toList();
  }

  /** A cache that has just been filled, as another leader has it. */
  void forget(String active) {
    cache = new TreeMap<>();
    all.values().forEach(one -> cache.put(one.name, one.view(active)));
  }

  /** As the API server does it: what was judged must still be so. */
  void move(Member judged, Duration readyTimeout, String active) {
    var one = all.get(judged.key());
    var fresh = one.view(active);
    boolean unchanged =
        fresh.at().equals(judged.at())
            && fresh.ready() == judged.ready()
            && fresh.settled() == judged.settled()
            && fresh.instances() == judged.instances();
    if (unchanged) {
      one.unreadyBefore = judged.unreadyNow(now, readyTimeout);
      one.rolledAt = Optional.of(now);
      one.image = judged.target().orElseThrow().version();
      one.generation++;
      cache.put(one.name, one.view(active));
    }
  }

  /** LRPs that are well, and lack an instance. */
  long unavailable() {
    return all.values().stream()
        .filter(one -> !one.sick)
        .filter(one -> one.ready() < one.instances)
        .count();
  }
}
