package dropship.registry;

import static io.vertx.core.http.HttpServerRequest.DEFAULT_INVALID_REQUEST_HANDLER;

import dropship.blobstore.bits.DropletRoutes;
import dropship.blobstore.bits.SignRoutes;
import dropship.blobstore.bits.SignatureCheck;
import dropship.blobstore.content.Blocking;
import dropship.blobstore.http.Routing;
import dropship.blobstore.log.Logs;
import dropship.blobstore.resource.Droplets;
import dropship.blobstore.server.Listener;
import dropship.blobstore.server.Login;
import dropship.blobstore.server.LoginRefused;
import dropship.blobstore.server.OpsRoutes;
import dropship.blobstore.server.Reloader;
import dropship.blobstore.server.Surface;
import dropship.blobstore.server.User;
import dropship.blobstore.server.Users;
import dropship.blobstore.signing.SignedUrls;
import dropship.blobstore.store.Tombstones;
import dropship.registry.admin.AdminRoutes;
import dropship.registry.image.Collector;
import dropship.registry.image.DropletImages;
import dropship.registry.v2.RegistryRoutes;
import dropship.rootfs.catalog.RootfsCatalog;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server, wired by hand: store, then what is kept in it, then what is served from it. */
final class Server {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);
  private static final int CORES = Runtime.getRuntime().availableProcessors();

  /**
   * Sending from a file that is not in memory holds up its event loop, so there are more than
   * cores.
   */
  private static final int EVENT_LOOPS = Math.max(8, 2 * CORES);

  private static final Duration SEE_OTHERS = Duration.ofSeconds(1);
  private static final long CLOSE_SECONDS = 10;
  private static final long START_SECONDS = 120;

  private final Config config;
  private final Vertx vertx;
  private final PrometheusMeterRegistry metrics;
  private final ExecutorService conversions;
  private final ExecutorService helpers;
  private final Stores stores;
  private final RootfsCatalog catalog;
  private final DropletImages images;
  private final Droplets droplets;
  private final Collector collector;
  private final Reloader reloader;
  private final Optional<SignedUrls> signedUrls;
  private final List<Listener> listeners = new ArrayList<>();
  private volatile boolean draining;

  private Server(Config config) throws IOException {
    this.config = config;
    this.metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    this.vertx = newVertx(metrics);
    FunctionCounter.builder("dropship.log.lines.lost", metrics, counted -> Logs.lost())
        .description("Lines that were not logged because standard error is not read fast enough")
        .register(metrics);
    this.conversions = threads("conversion");
    this.helpers = threads("compression");
    this.stores = Stores.open(vertx, config.store(), metrics);
    var tombstones = new Tombstones(vertx, stores.ours(), config.gc().grace(), Clock.systemUTC());
    this.catalog =
        new RootfsCatalog(
            vertx,
            stores.ours(),
            tombstones,
            config.rootfs(),
            stores.scratch(),
            helpers,
            Clock.systemUTC());
    this.images =
        new DropletImages(
            vertx,
            stores.droplets(),
            stores.ours(),
            tombstones,
            catalog,
            config.defaultStack(),
            new DropletImages.Conversion(config.image(), stores.scratch(), conversions, helpers),
            metrics);
    this.reloader = new Reloader(vertx, metrics);
    this.droplets = new Droplets(vertx, stores.droplets(), images.intake(), config.uploads());
    this.collector =
        new Collector(vertx, stores.ours(), stores.droplets(), catalog, tombstones, metrics);
    this.signedUrls =
        config.signed().isPresent()
            ? Optional.of(signedUrls(config.signed().get().signing()))
            : Optional.empty();
  }

  /**
   * As many as there is work for, and of those as many at a time as there are processors, in turn:
   * however many droplets are converted, event loops need not wait long for a processor.
   */
  private static ExecutorService threads(String name) {
    return Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(name + "-", 0).factory());
  }

  private SignedUrls signedUrls(SigningFiles files) throws IOException {
    var keys = new AtomicReference<>(files.read());
    reloader.watch(
        "public.signing",
        files.files(),
        () -> Blocking.call(vertx, files::read).onSuccess(keys::set));
    return new SignedUrls(keys::get, Clock.systemUTC());
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

  /** Starts a server; what stops it from starting is thrown, with nothing left running. */
  static Server start(Config config) throws IOException {
    var server = new Server(config);
    try {
      server.catalog.refresh().await(START_SECONDS, TimeUnit.SECONDS);
      server.listen().await(START_SECONDS, TimeUnit.SECONDS);
      server.warnOfWhatIsMissing();
      server.keepUp();
      return server;
    } catch (Exception e) {
      server.stop();
      throw e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
    }
  }

  /** Surfaces of one address share a listener; each that leaves its port open has its own. */
  private Future<?> listen() {
    var shared = new LinkedHashMap<Object, List<Surface>>();
    for (var surface : config.surfaces()) {
      Object address = surface.listen().port() == 0 ? surface : surface.listen();
      shared.computeIfAbsent(address, first -> new ArrayList<>()).add(surface);
      reloader.watch(surface);
    }
    // The api says where the public side is, and ops says that all others listen.
    Future<?> listening = Future.succeededFuture();
    for (var surfaces : shared.sequencedValues().reversed()) {
      listening = listening.compose(before -> listen(surfaces));
    }
    return listening;
  }

  private Future<?> listen(List<Surface> surfaces) {
    var settings = new Listener.Settings(EVENT_LOOPS, config.http(), metrics);
    var services = surfaces.stream().map(this::service).toList();
    boolean registry = surfaces.contains(config.registry());
    return Listener.start(
            vertx,
            settings,
            services,
            registry ? RegistryRoutes::malformed : DEFAULT_INVALID_REQUEST_HANDLER)
        .onSuccess(listener -> {
          listeners.add(listener);
          reloader.watch(listener);
          LOG.info("{} listens on {}", listener.name(), listener.url());
        });
  }

  private Listener.Service service(Surface surface) {
    Supplier<Router> routes =
        switch (surface.name()) {
          case "registry" -> this::registryRouter;
          case "api" -> this::apiRouter;
          case "public" -> this::publicRouter;
          default -> this::opsRouter;
        };
    return new Listener.Service(surface, routes::get);
  }

  /** What other servers of the same store do is seen; what nobody needs any more is removed. */
  private void keepUp() {
    new Repeated(vertx, "reading the root file systems anew", catalog::refresh).every(SEE_OTHERS);
    var every = config.gc().every();
    new Repeated(
            vertx,
            "removing what nothing needs",
            () -> draining ? Future.succeededFuture() : collector.runIfDue(every))
        .every(every.dividedBy(10));
  }

  private void warnOfWhatIsMissing() {
    if (config.registry().users().isEmpty()) {
      LOG.warn("registry.users is empty: anybody who reaches the registry may pull every app");
    }
    if (!config.api().users().anybodyMay(User.Action.ADMIN)) {
      LOG.warn("api.users has nobody with the action admin: no root file system can be imported");
    }
    if (catalog.active(config.defaultStack()).isEmpty()) {
      LOG.warn(
          "no root file system of the stack {} is active: uploads work, pulls of tags wait for one",
          config.defaultStack());
    }
  }

  private Router registryRouter() {
    var users = config.registry().users();
    return new RegistryRoutes(
            vertx, images, users.isEmpty() ? RoutingContext::next : login(users, User.Action.PULL))
        .router();
  }

  private Router apiRouter() {
    var router = Router.router(vertx);
    dropletRoutes().addTo(router);
    signedUrls.ifPresent(urls -> signRoutes(urls).addTo(router));
    router.route("/sign/*").failureHandler(Server::refuseToSign);
    var settings = new AdminRoutes.Settings(config.defaultStack(), config.registryName());
    var login = login(config.api().users(), User.Action.ADMIN);
    new AdminRoutes(vertx, catalog, images, collector, settings, login).addTo(router);
    // What cannot be decoded reaches no route; the router itself would log all of it.
    router.errorHandler(
        400, malformed -> Routing.refuse(malformed.request(), 400, Optional.empty()));
    return router;
  }

  /** Whoever may use the api may sign (bits-service, "Basic auth"). */
  private SignRoutes signRoutes(SignedUrls urls) {
    return new SignRoutes(
        urls, publicUrl(), new Login(config.api().users(), Optional.empty(), metrics));
  }

  /** In the words of bits-service, which are none. */
  private static void refuseToSign(RoutingContext context) {
    if (context.failure() instanceof LoginRefused refused) {
      if (refused.status() == 401) {
        context.response().putHeader("WWW-Authenticate", "Basic realm=\"bits-service\"");
      }
      Routing.refuse(context.request(), refused.status(), Optional.empty());
    } else {
      context.next();
    }
  }

  private URI publicUrl() {
    var surface = config.signed().orElseThrow();
    int configured = surface.surface().listen().port();
    return surface.url(configured == 0 ? port("public") : configured);
  }

  private Login login(Users users, User.Action action) {
    return new Login(users, Optional.of(action), metrics);
  }

  private Router publicRouter() {
    var router = Router.router(vertx);
    var check = new SignatureCheck(signedUrls.orElseThrow());
    check.addTo(router);
    dropletRoutes().addTo(router, check);
    return router;
  }

  private DropletRoutes dropletRoutes() {
    return new DropletRoutes(vertx, droplets, config.droplets(), Clock.systemUTC());
  }

  private Router opsRouter() {
    return new OpsRoutes(metrics, this::ready, this::info).router(vertx);
  }

  /**
   * Ready is who listens and whose store answers; without a root file system uploads still work.
   */
  private Future<?> ready() {
    return draining
        ? Future.failedFuture(new IllegalStateException("shutting down"))
        : stores.answer();
  }

  private JsonObject info() {
    var active = new JsonObject();
    catalog.active().forEach((stack, version) -> active.put(stack, version.version()));
    return new JsonObject()
        .put("version", Version.TEXT)
        .put("defaultStack", config.defaultStack())
        .put("activeRootfs", active);
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
    conversions.shutdownNow();
    helpers.shutdownNow();
    for (var resource : stores.open()) {
      try {
        resource.close();
      } catch (Exception e) {
        LOG.warn("closing {}", resource, e);
      }
    }
    LOG.info("stopped");
  }
}
