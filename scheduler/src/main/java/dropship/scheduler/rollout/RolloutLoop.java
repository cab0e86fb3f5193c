package dropship.scheduler.rollout;

import dropship.scheduler.image.Registry;
import dropship.scheduler.kubernetes.Cluster;
import dropship.scheduler.rollout.Rollout.Situation;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a roll-out on, in the one replica that leads. It looks at everything again and again,
 * every two seconds and while there is something to do whenever something changes; all that it
 * needs to know is in the cluster, so whoever leads next goes on where it has stopped.
 */
public final class RolloutLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RolloutLoop.class);
  private static final Duration IDLE = Duration.ofSeconds(2);
  private static final Duration SHORTEST = Duration.ofMillis(200);
  private static final Duration NOTED = Duration.ofSeconds(10);

  private final Rollout rollout;
  private final Cluster cluster;
  private final Mover mover;
  private final PrePull prePull;
  private final RolloutSettings settings;
  private final RolloutMetrics metrics;
  private final InstantSource clock;
  private final Semaphore changed = new Semaphore(0);
  private Running running = new Running();
  private String complaint = "";
  private volatile boolean underWay;
  private long noted;

  /** One time of leading. */
  private final class Running {
    private final Moves moves = new Moves(clock, changed::release);
    private final Thread thread = Thread.ofVirtual().name("rollout").unstarted(() -> run(this));
    private volatile boolean stopped;
  }

  public RolloutLoop(
      Rollout rollout,
      KubernetesClient client,
      Cluster cluster,
      Registry registry,
      RolloutSettings settings,
      RolloutMetrics metrics,
      InstantSource clock) {
    this.rollout = rollout;
    this.cluster = cluster;
    this.mover = new Mover(client, cluster, registry);
    this.prePull = new PrePull(client, registry, settings, clock);
    this.settings = settings;
    this.metrics = metrics;
    this.clock = clock;
    cluster.onChanges(changed::release);
  }

  /** Begins to lead. */
  public synchronized void start() {
    close();
    running = new Running();
    running.thread.start();
  }

  /** Leads no more. What is being written may still be. */
  @Override
  public synchronized void close() {
    running.stopped = true;
    running.moves.close();
    running.thread.interrupt();
  }

  private void run(Running now) {
    try {
      while (!now.stopped) {
        long began = System.nanoTime();
        round(now);
        var took = Duration.ofNanos(System.nanoTime() - began);
        Thread.sleep(max(SHORTEST, took.multipliedBy(9))); // a tenth of a processor at most
        if (underWay) {
          changed.tryAcquire(IDLE.toMillis(), TimeUnit.MILLISECONDS);
          changed.drainPermits();
        } else {
          Thread.sleep(IDLE);
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } finally {
      metrics.clear();
    }
  }

  private static Duration max(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  private void round(Running now) throws InterruptedException {
    try {
      step(now);
      if (!complaint.isEmpty()) {
        LOG.info("the roll-out goes on");
        complaint = "";
      }
    } catch (IOException | RuntimeException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      if (!complaint.equals(String.valueOf(e.getMessage()))) {
        complaint = String.valueOf(e.getMessage());
        LOG.warn("the roll-out waits: {}", complaint, e instanceof RuntimeException ? e : null);
      }
    }
  }

  private void step(Running now) throws IOException {
    var situation = rollout.situation();
    var status = rollout.status(situation);
    metrics.show(status);
    tell(status, situation);
    boolean paused = isPaused(situation);
    var waiting =
        situation.members().stream()
            .filter(Member::isWaiting)
            .map(Member::key)
            .collect(Collectors.toSet());
    now.moves.keepOnly(waiting);
    note(situation, now.moves.trouble());
    var plan =
        Plan.of(
            situation.members(),
            now.moves.moving(),
            now.moves.held(),
            new HashSet<>(situation.notes().acknowledged()),
            paused || now.moves.areResting(),
            settings.limits(),
            clock.instant());
    if (!paused && !plan.failed().isEmpty()) {
      pause(situation, plan.failed().getFirst(), plan.failed().size());
    }
    for (var member : plan.move()) {
      if (isOnNodes(situation, member)) {
        start(now, member);
      }
    }
  }

  private void tell(RolloutStatus status, Situation situation) {
    if (status.isDone() == underWay) {
      underWay = !underWay;
      if (underWay) {
        LOG.info(
            "{} LRPs are to move: {} is active",
            status.count(RolloutStatus.State.WAITING) + status.count(RolloutStatus.State.ROLLING),
            situation.active());
      } else {
        LOG.info(
            "the roll-out is done: {} is active, {} LRPs have failed",
            situation.active(),
            status.count(RolloutStatus.State.FAILED));
      }
    }
  }

  /** A pause of ours does not hold for anything but what it was made for. */
  private boolean isPaused(Situation situation) throws IOException {
    var pause = situation.notes().pause();
    var active = situation.active().toString();
    if (pause.isPresent() && !pause.get().holdsFor(active)) {
      rollout
          .notes()
          .update(notes ->
              notes.pause().filter(now -> !now.holdsFor(active)).isPresent()
                  ? notes.goingOn()
                  : notes);
      LOG.info("{} is active now, so the roll-out goes on", active);
      return false;
    }
    return pause.isPresent();
  }

  private void pause(Situation situation, Plan.Failure first, int count) throws IOException {
    var reason =
        "LRP %s (%s): %s%s"
            .formatted(
                first.process(),
                first.key(),
                first.reason(),
                count > 1 ? " (and %d others)".formatted(count - 1) : "");
    var pause = new Pause(Pause.By.ROLLOUT, reason, clock.instant(), situation.active().toString());
    rollout.notes().update(notes -> notes.pause().isPresent() ? notes : notes.paused(pause));
    LOG.error("the roll-out of {} pauses: {}", first.rootfs(), reason);
  }

  /** Other replicas are asked too, and know nothing of what has failed here. */
  private void note(Situation situation, String trouble) throws IOException {
    long now = System.nanoTime();
    if (!trouble.equals(situation.notes().trouble()) && now - noted > NOTED.toNanos()) {
      noted = now;
      rollout.notes().update(notes -> notes.withTrouble(trouble));
    }
  }

  private boolean isOnNodes(Situation situation, Member member) throws IOException {
    var target = member.target().orElseThrow();
    if (!settings.prePull() || situation.notes().prePulled().contains(target)) {
      return true;
    }
    // Whoever leads next must find the same one, as that is where the pods are.
    var example =
        situation.members().stream()
            .filter(one -> one.target().filter(target::equals).isPresent())
            .min(Comparator.comparing(Member::key))
            .flatMap(first -> cluster.statefulSets().named(first.key()));
    if (example.isPresent() && prePull.isOver(target, example.get())) {
      rollout.notes().update(notes -> notes.withPrePulled(target));
    }
    return false;
  }

  private void start(Running now, Member member) {
    var judged = cluster.statefulSets().named(member.key());
    if (judged.isEmpty()) {
      return;
    }
    var unready = member.unreadyNow(clock.instant(), settings.readyTimeout());
    now.moves.start(
        member.key(),
        () -> {
          if (!now.stopped) {
            mover.move(member, judged.get(), unready, clock.instant());
          }
        });
  }
}
