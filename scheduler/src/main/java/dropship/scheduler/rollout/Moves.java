package dropship.scheduler.rollout;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The moves that are being made, a few at a time. One that fails is tried again, ever later; if one
 * after another fails, all wait: then it is not the LRP that is at fault.
 */
final class Moves implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Moves.class);
  private static final int AT_ONCE = 16;
  private static final Duration FIRST_WAIT = Duration.ofSeconds(2);
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);
  private static final Duration FIRST_REST = Duration.ofMillis(250);
  private static final Duration LONGEST_REST = Duration.ofSeconds(30);

  private final InstantSource clock;
  private final Runnable ended;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore permits = new Semaphore(AT_ONCE);
  private final Set<String> moving = ConcurrentHashMap.newKeySet();
  private final Map<String, Failed> failed = new ConcurrentHashMap<>();
  private int inARow;
  private Instant rest = Instant.MIN;

  private record Failed(int times, Instant until, String reason) {}

  /** What is done for one LRP. */
  interface Move {
    void run() throws IOException;
  }

  /**
   * @param ended is told when one is over
   */
  Moves(InstantSource clock, Runnable ended) {
    this.clock = clock;
    this.ended = ended;
  }

  Set<String> moving() {
    return Collections.unmodifiableSet(moving);
  }

  /** Those that have failed and are not to be tried yet. */
  Set<String> held() {
    var now = clock.instant();
    var held = new HashSet<String>();
    failed.forEach((key, failure) -> {
      if (failure.until.isAfter(now)) {
        held.add(key);
      }
    });
    return held;
  }

  /** Whether nothing should be tried, as all has failed of late. */
  synchronized boolean areResting() {
    return rest.isAfter(clock.instant());
  }

  /** What keeps LRPs waiting, for people; empty if nothing does. */
  String trouble() {
    return failed.entrySet().stream()
        .min(Map.Entry.comparingByKey())
        .map(first ->
            "%d LRPs cannot be moved yet, among them %s: %s"
                .formatted(failed.size(), first.getKey(), first.getValue().reason))
        .orElse("");
  }

  /** Forgets those that are not there any more, or do not wait any more. */
  void keepOnly(Set<String> waiting) {
    failed.keySet().retainAll(waiting);
  }

  void start(String key, Move move) {
    if (!moving.add(key)) {
      return;
    }
    threads.execute(() -> {
      try {
        permits.acquire();
        try {
          move.run();
          succeeded(key);
        } finally {
          permits.release();
        }
      } catch (IOException e) {
        failed(key, e);
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException bug) {
        LOG.error("{}: cannot be moved", key, bug);
        failed(key, new IOException(bug));
      } finally {
        moving.remove(key);
        ended.run();
      }
    });
  }

  private synchronized void succeeded(String key) {
    inARow = 0;
    rest = Instant.MIN;
    failed.remove(key);
  }

  private synchronized void failed(String key, IOException failure) {
    var now = clock.instant();
    var reason = String.valueOf(failure.getMessage());
    var before = failed.get(key);
    int times = before == null ? 1 : before.times + 1;
    failed.put(key, new Failed(times, now.plus(doubled(FIRST_WAIT, times, LONGEST_WAIT)), reason));
    inARow++;
    rest = now.plus(doubled(FIRST_REST, inARow, LONGEST_REST));
    if (before == null || !before.reason.equals(reason)) {
      LOG.warn("{} cannot be moved yet: {}", key, reason);
    }
  }

  private static Duration doubled(Duration first, int times, Duration longest) {
    var wait = first.multipliedBy(1L << Math.min(times - 1, 20));
    return wait.compareTo(longest) > 0 ? longest : wait;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
