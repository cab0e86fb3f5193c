package dropship.scheduler.report;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at things by their keys, some at a time and never at one twice at the same time. What fails
 * is looked at again, ever later; what is told of while it is looked at, again at once.
 */
final class Rounds implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);
  private static final int AT_ONCE = 8;
  private static final int MOST = 100_000;
  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);

  private final String name;
  private final Look look;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService later =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("rounds").factory());
  private final Semaphore permits = new Semaphore(AT_ONCE);
  private final Map<String, Round> rounds = new HashMap<>();

  /** What is done for one key. An {@link IOException} asks for another time. */
  interface Look {
    void at(String key) throws IOException;
  }

  private static final class Round {
    private boolean again;
    private int failures;
  }

  /**
   * @param name what is done, for the log
   */
  Rounds(String name, Look look) {
    this.name = name;
    this.look = look;
  }

  /** Looks at it soon. */
  synchronized void add(String key) {
    var round = rounds.get(key);
    if (round != null) {
      round.again = true;
    } else if (rounds.size() < MOST) {
      begin(key, new Round());
    } else {
      LOG.error("{}: too much waits, {} is left out", name, key);
    }
  }

  /** Looks at it after a while. */
  void addLater(String key, Duration wait) {
    schedule(() -> add(key), wait);
  }

  private void begin(String key, Round round) {
    rounds.put(key, round);
    if (!threads.isShutdown()) {
      threads.execute(() -> run(key, round));
    }
  }

  private void run(String key, Round round) {
    try {
      permits.acquire();
      try {
        look.at(key);
        ended(key, round);
      } finally {
        permits.release();
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      failed(key, round, e);
    } catch (RuntimeException bug) {
      LOG.error("{}: {}", name, key, bug);
      failed(key, round, new IOException(bug));
    }
  }

  private synchronized void ended(String key, Round round) {
    rounds.remove(key);
    if (round.again) {
      begin(key, new Round());
    }
  }

  private synchronized void failed(String key, Round round, IOException failure) {
    if (threads.isShutdown()) {
      return;
    }
    round.failures++;
    round.again = false;
    var wait = FIRST_WAIT.multipliedBy(1L << Math.min(round.failures - 1, 10));
    if (round.failures == 1) {
      LOG.warn("{}: {}; trying again", name, failure.getMessage());
    }
    schedule(
        () -> {
          synchronized (this) {
            begin(key, round);
          }
        },
        wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait);
  }

  private void schedule(Runnable what, Duration wait) {
    if (!later.isShutdown()) {
      var _ = later.schedule(what, wait.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public synchronized void close() {
    later.shutdownNow();
    threads.shutdownNow();
  }
}
