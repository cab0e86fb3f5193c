package dropship.scheduler.rollout;

import dropship.scheduler.image.ActiveRootfs;
import dropship.scheduler.rollout.Member.Policy;
import dropship.scheduler.rollout.Member.Progress;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How far a roll-out has come.
 *
 * @param target the active versions, by stack
 * @param counts how many LRPs are in which state, by stack
 * @param versions how many LRPs are at which version, by stack
 * @param unavailable instances that are not ready in LRPs that are under way
 * @param failures the first of the LRPs that have not become ready
 */
record RolloutStatus(
    Map<String, String> target,
    Map<String, Map<State, Integer>> counts,
    Map<String, Map<String, Integer>> versions,
    int unavailable,
    List<Plan.Failure> failures,
    Notes notes) {
  private static final int MOST_FAILURES = 50;

  /** Each LRP is in one of these. */
  enum State {
    /** Is where it should be. */
    DONE,
    /** The same, and has no instances. */
    STOPPED,
    ROLLING,
    WAITING,
    /** Has been moved, and is as unready as it was before. */
    UNWELL,
    FAILED,
    EXCLUDED
  }

  static RolloutStatus of(
      Collection<Member> members,
      ActiveRootfs active,
      Notes notes,
      Duration readyTimeout,
      Instant now) {
    var target = new TreeMap<String, String>();
    active
        .stacks()
        .keySet()
        .forEach(stack -> active.versionOf(stack).ifPresent(version -> target.put(stack, version)));
    var counts = new TreeMap<String, Map<State, Integer>>();
    var versions = new TreeMap<String, Map<String, Integer>>();
    var failures = new ArrayList<Plan.Failure>();
    int unavailable = 0;
    for (var member : members) {
      var stack = member.target().or(member::at).map(one -> one.stack()).orElse("");
      var progress = member.progress(now, readyTimeout);
      var state = state(member, progress);
      counts
          .computeIfAbsent(stack, none -> new EnumMap<>(State.class))
          .merge(state, 1, Integer::sum);
      member
          .at()
          .ifPresent(at ->
              versions
                  .computeIfAbsent(at.stack(), none -> new TreeMap<>())
                  .merge(at.version(), 1, Integer::sum));
      if (progress instanceof Progress.Rolling || progress instanceof Progress.Failed) {
        unavailable += Math.max(0, member.instances() - member.ready());
      }
      if (state == State.FAILED
          && failures.size() < MOST_FAILURES
          && progress instanceof Progress.Failed failed) {
        failures.add(Plan.Failure.of(member, failed));
      }
    }
    return new RolloutStatus(target, counts, versions, unavailable, failures, notes);
  }

  private static State state(Member member, Progress progress) {
    if (member.policy() == Policy.EXCLUDED) {
      return State.EXCLUDED;
    }
    if (!member.isAtTarget()) {
      return State.WAITING;
    }
    return switch (progress) {
      case Progress.Settled settled -> member.instances() == 0 ? State.STOPPED : State.DONE;
      case Progress.Rolling rolling -> State.ROLLING;
      case Progress.Unwell unwell -> State.UNWELL;
      case Progress.Failed failed -> State.FAILED;
    };
  }

  int count(State state) {
    return counts.values().stream().mapToInt(stack -> stack.getOrDefault(state, 0)).sum();
  }

  /** What holds now, if anything does. */
  Optional<Pause> pause() {
    var active = new HashMap<String, ActiveRootfs.Stack>();
    target.forEach((stack, version) ->
        active.put(stack, new ActiveRootfs.Stack(Optional.of(version), Optional.empty())));
    return notes.pause().filter(pause -> pause.holdsFor(new ActiveRootfs("", active).toString()));
  }

  /** Whether there is nothing left to do. */
  boolean isDone() {
    return count(State.WAITING) == 0 && count(State.ROLLING) == 0;
  }

  JsonObject json() {
    var known = new HashSet<>(notes.acknowledged());
    var stacks = new JsonObject();
    counts.forEach((stack, states) -> {
      var json = new JsonObject();
      Optional.ofNullable(target.get(stack)).ifPresent(version -> json.put("target", version));
      int total = 0;
      for (var state : State.values()) {
        int count = states.getOrDefault(state, 0);
        json.put(state.name().toLowerCase(Locale.ROOT), count);
        total += count;
      }
      json.put("total", total);
      var at = new JsonObject();
      versions.getOrDefault(stack, Map.of()).forEach(at::put);
      stacks.put(stack, json.put("versions", at));
    });
    var failed = new JsonArray();
    failures.forEach(failure ->
        failed.add(
            new JsonObject()
                .put("processGuid", failure.process())
                .put("statefulSet", failure.key())
                .put("rootfs", failure.rootfs())
                .put("reason", failure.reason())
                .put(
                    "acknowledged",
                    known.contains(new Acknowledged(failure.key(), failure.rootfs())))));
    var json = new JsonObject().put("done", isDone());
    pause()
        .ifPresent(pause ->
            json.put(
                "paused",
                new JsonObject()
                    .put("by", pause.by().name().toLowerCase(Locale.ROOT))
                    .put("reason", pause.reason())
                    .put("since", pause.since().toString())));
    if (!notes.trouble().isEmpty()) {
      json.put("trouble", notes.trouble());
    }
    return json.put("unavailableInstances", unavailable)
        .put("stacks", stacks)
        .put("failed", failed);
  }
}
