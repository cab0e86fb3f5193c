package dropship.blobstore.server;

import dropship.blobstore.log.Logs;
import dropship.blobstore.settings.Settings;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a server ends.
 *
 * @param delay between saying that it is not ready and taking no more connections
 * @param grace what has been accepted may take so long
 */
public record Shutdown(Duration delay, Duration grace) {
  private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);
  private static final String WATCHED = "ops";
  private static final long CLOSE_SECONDS = 10;

  /** Reads {@code shutdown}. */
  public static Shutdown from(Settings settings) {
    var shutdown = settings.section("shutdown");
    return new Shutdown(
        shutdown
            .about("how long it still takes connections after /readyz has said no")
            .duration("delay", Duration.ZERO),
        shutdown
            .about("how long what was accepted may take to end")
            .duration("grace", Duration.ofMinutes(1)));
  }

  /**
   * Ends what listens, when readiness has been denied already: what has been accepted is finished
   * first. Whoever watches hears until the end that the server is not ready. Blocks.
   */
  public void close(List<Listener> listeners) throws InterruptedException, TimeoutException {
    if (!listeners.isEmpty()) {
      Thread.sleep(delay);
    }
    close(listeners.stream().filter(listener -> !listener.serves(WATCHED)));
    close(listeners.stream().filter(listener -> listener.serves(WATCHED)));
  }

  private void close(Stream<Listener> listeners) throws TimeoutException {
    Future.all(listeners.map(each -> each.stop(grace.toSeconds())).toList())
        .await(grace.toSeconds() + CLOSE_SECONDS, TimeUnit.SECONDS);
  }

  /** Lets SIGTERM and SIGINT end a server in good order; the latch opens when it has. */
  public static CountDownLatch onSignal(Runnable stop) {
    var stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .unstarted(() -> {
                  LOG.info("stopping: what has been accepted is finished first");
                  stop.run();
                  Logs.flush();
                  stopped.countDown();
                }));
    return stopped;
  }
}
