package dropship.scheduler.leader;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Elects one of all replicas by a Lease, and again when that one does not renew it. Who cannot
 * renew it stops before the others may take it, even while its request to do so still hangs.
 */
public final class Leader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Leader.class);
  private static final String LEASE = "dropship-scheduler";
  private static final Duration HELD = Duration.ofSeconds(15);
  private static final Duration RENEWED_WITHIN = Duration.ofSeconds(10);
  private static final Duration ASKED_EVERY = Duration.ofSeconds(2);
  private static final Duration LOOKED_AT_EVERY = Duration.ofMillis(500);
  private static final Duration NEXT_TERM = Duration.ofSeconds(1);

  private final KubernetesClient client;
  private final String namespace;
  private final Runnable begin;
  private final Runnable end;
  private final String name = host() + "-" + UUID.randomUUID();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile boolean leading;
  private volatile long renewed;
  private volatile boolean closed;
  private volatile CompletableFuture<?> term = CompletableFuture.completedFuture(null);

  /**
   * @param namespace where the Lease is
   * @param begin starts what only one may do; must not block
   * @param end stops it; must not block
   */
  public Leader(KubernetesClient client, String namespace, Runnable begin, Runnable end) {
    this.client = client;
    this.namespace = namespace;
    this.begin = begin;
    this.end = end;
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      return "scheduler";
    }
  }

  /** Takes part from now on. Does not wait. */
  public void start() {
    threads.execute(this::run);
  }

  public boolean isLeading() {
    return leading;
  }

  /** One elector serves for one term. */
  private void run() {
    while (!closed) {
      try {
        term = new LeaderElector(client, config(), threads).start();
        while (!isOver()) {
          if (leading && System.nanoTime() - renewed > RENEWED_WITHIN.toNanos()) {
            LOG.warn(
                "the Lease {} has not been renewed for {} s", LEASE, RENEWED_WITHIN.toSeconds());
            stop();
            term.cancel(true);
          }
        }
      } catch (ExecutionException | RuntimeException e) {
        LOG.debug("the term as a leader or candidate has ended", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      stop();
      try {
        Thread.sleep(NEXT_TERM);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Waits for the end of the term, but not for long. */
  private boolean isOver() throws InterruptedException, ExecutionException {
    try {
      term.get(LOOKED_AT_EVERY.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException goesOn) {
      return false;
    }
  }

  /** Knows since when the Lease is held at least: since before the server was asked to renew it. */
  private final class Renewal extends LeaseLock {
    Renewal() {
      super(namespace, LEASE, name);
    }

    @Override
    public synchronized void create(KubernetesClient client, LeaderElectionRecord held) {
      long asked = System.nanoTime();
      super.create(client, held);
      renewed = asked;
    }

    @Override
    public synchronized void update(KubernetesClient client, LeaderElectionRecord held) {
      long asked = System.nanoTime();
      super.update(client, held);
      renewed = asked;
    }
  }

  private LeaderElectionConfig config() {
    return new LeaderElectionConfigBuilder()
        .withName(LEASE)
        .withLock(new Renewal())
        .withLeaseDuration(HELD)
        .withRenewDeadline(RENEWED_WITHIN)
        .withRetryPeriod(ASKED_EVERY)
        .withReleaseOnCancel(true)
        .withLeaderCallbacks(
            new LeaderCallbacks(
                this::lead,
                this::stop,
                leader -> LOG.info("{} leads{}", leader, leader.equals(name) ? ": this one" : "")))
        .build();
  }

  private synchronized void lead() {
    if (!leading && !closed) {
      leading = true;
      begin.run();
    }
  }

  private synchronized void stop() {
    if (leading) {
      leading = false;
      LOG.info("{} leads no more", name);
      end.run();
    }
  }

  /** Lets another one lead at once. */
  @Override
  public void close() {
    closed = true;
    stop();
    term.cancel(true);
    threads.shutdown();
  }
}
