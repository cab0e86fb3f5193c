package dropship.scheduler;

import static io.vertx.core.http.HttpServerRequest.DEFAULT_INVALID_REQUEST_HANDLER;

import dropship.blobstore.log.Logs;
import dropship.blobstore.server.Listener;
import dropship.blobstore.server.OpsRoutes;
import dropship.blobstore.server.Reloader;
import dropship.blobstore.server.Surface;
import dropship.blobstore.server.Tls;
import dropship.scheduler.opi.OpiRoutes;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The scheduler, wired by hand: what runs apps, then how it is asked to. */
final class Scheduler {
  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);
  private static final int EVENT_LOOPS = Math.max(2, Runtime.getRuntime().availableProcessors());
  private static final long CLOSE_SECONDS = 10;
  private static final long START_SECONDS = 120;

  private final Config config;
  private final PrometheusMeterRegistry metrics;
  private final Vertx vertx;
  private final ExecutorService threads;
  private final Backend backend;
  private final OpiRoutes opi;
  private final Reloader reloader;
  private final List<Listener> listeners = new ArrayList<>();
  private volatile boolean draining;

  /** Makes what runs apps. */
  interface Wiring {
    Backend open(Vertx vertx, MeterRegistry metrics) throws IOException;
  }

  private Scheduler(Config config, Wiring wiring) throws IOException {
    this.config = config;
    this.metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    FunctionCounter.builder("dropship.log.lines.lost", metrics, counted -> Logs.lost())
        .description("Lines that were not logged because standard error is not read fast enough")
        .register(metrics);
    this.vertx = newVertx(metrics);
    try {
      this.backend = wiring.open(vertx, metrics);
    } catch (IOException | RuntimeException e) {
      vertx.close();
      throw e;
    }
    this.threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("opi-", 0).factory());
    this.opi = new OpiRoutes(vertx, threads, backend.lrps(), backend.tasks());
    this.reloader = new Reloader(vertx, metrics);
  }

  private static Vertx newVertx(PrometheusMeterRegistry metrics) {
    return Vertx.builder()
        .with(
            new VertxOptions()
                .setEventLoopPoolSize(EVENT_LOOPS)
                .setMetricsOptions(new MicrometerMetricsOptions().setEnabled(true)))
        .withMetrics(new MicrometerMetricsFactory(metrics))
        .build();
  }

  /** Starts a scheduler; what stops it from starting is thrown, with nothing left running. */
  static Scheduler start(Config config, Wiring wiring) throws IOException {
    var scheduler = new Scheduler(config, wiring);
    try {
      scheduler.warnOfWhatIsOpen();
      // Whoever sees ops listen may take it that all others do.
      scheduler
          .listen(config.opi(), scheduler::opiRouter)
          .compose(listens -> scheduler.listen(config.ops(), scheduler::opsRouter))
          .await(START_SECONDS, TimeUnit.SECONDS);
      return scheduler;
    } catch (Exception e) {
      scheduler.stop();
      throw e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
    }
  }

  private void warnOfWhatIsOpen() {
    if (config.opi().tls().isEmpty()) {
      LOG.warn("opi.tls is absent: anybody who reaches opi.listen may run and stop apps");
    } else if (config.opi().tls().flatMap(Tls::clientCa).isEmpty()) {
      LOG.warn("opi.tls.clientCa is absent: anybody who reaches opi.listen may run and stop apps");
    }
  }

  private Future<?> listen(Surface surface, Supplier<Router> routes) {
    return Listener.start(
            vertx,
            new Listener.Settings(EVENT_LOOPS, config.http(), metrics),
            List.of(new Listener.Service(surface, routes::get)),
            DEFAULT_INVALID_REQUEST_HANDLER)
        .onSuccess(listener -> {
          listeners.add(listener);
          reloader.watch(listener);
          LOG.info("{} listens on {}", listener.name(), listener.url());
        });
  }

  private Router opiRouter() {
    var router = opi.router();
    backend.addRoutes().accept(router);
    return router;
  }

  private Router opsRouter() {
    return new OpsRoutes(metrics, this::ready, this::info).router(vertx);
  }

  private Future<?> ready() {
    return draining
        ? Future.failedFuture(new IllegalStateException("shutting down"))
        : backend
            .unready()
            .get()
            .<Future<?>>map(why -> Future.failedFuture(new IllegalStateException(why)))
            .orElseGet(Future::succeededFuture);
  }

  private JsonObject info() {
    return new JsonObject()
        .put("version", Version.TEXT)
        .put("namespace", config.kubernetes().namespace())
        .put("registry", config.registry().address());
  }

  /** The port a surface listens on. */
  int port(String surface) {
    return listeners.stream()
        .filter(listener -> listener.serves(surface))
        .findFirst()
        .orElseThrow()
        .port();
  }

  /**
   * Readiness goes first, then what has been accepted is finished, then everything ends. Blocks.
   */
  void stop() {
    draining = true;
    var shutdown = config.shutdown();
    try {
      shutdown.close(listeners);
      vertx.close().await(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (Exception e) {
      LOG.warn("not everything ended in {} seconds", shutdown.grace().toSeconds(), e);
    }
    threads.shutdownNow();
    backend.close();
    LOG.info("stopped");
  }
}
