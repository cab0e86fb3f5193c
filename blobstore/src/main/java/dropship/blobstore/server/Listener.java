package dropship.blobstore.server;

import dropship.blobstore.server.VirtualHosts.Site;
import dropship.blobstore.settings.Address;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Serves one surface, or several that share an address, on every event loop: one server each, all
 * on the same port. HTTP/1.1 only: the clients that move much speak nothing else by default, and
 * sending files by it is several times faster than by HTTP/2.
 */
public final class Listener {
  private static final AtomicInteger FREE_PORTS = new AtomicInteger();

  private final Vertx vertx;
  private final List<Service> services;
  private final CopyOnWriteArrayList<HttpServer> servers = new CopyOnWriteArrayList<>();

  /**
   * A surface and how it answers.
   *
   * @param handlers makes a handler for each event loop
   */
  public record Service(Surface surface, Supplier<Handler<HttpServerRequest>> handlers) {}

  private Listener(Vertx vertx, List<Service> services) {
    this.vertx = vertx;
    this.services = services;
  }

  /** What a listener needs besides surfaces: on how many event loops, within which limits. */
  public record Settings(int eventLoops, HttpLimits limits, MeterRegistry metrics) {}

  /**
   * Starts listening.
   *
   * @param services at least one, all of the same address; if several have a request's host, the
   *     first counts
   * @param malformed answers what is not HTTP
   */
  public static Future<Listener> start(
      Vertx vertx,
      Settings settings,
      List<Service> services,
      Handler<HttpServerRequest> malformed) {
    var listener = new Listener(vertx, services);
    var options = listener.options(settings.limits);
    int most = listener.services.stream().mapToInt(each -> each.surface.connections()).sum();
    int mostEach = Math.ceilDiv(most, settings.eventLoops);
    return listener
        .checkTls()
        .compose(usable ->
            vertx.deployVerticle(
                () ->
                    new VerticleBase() {
                      @Override
                      public Future<?> start() {
                        var connections =
                            new Connections(
                                vertx,
                                listener.name(),
                                mostEach,
                                settings.limits,
                                settings.metrics);
                        return vertx
                            .createHttpServer(options)
                            .connectionHandler(connections::opened)
                            .requestHandler(connections.calling(listener.hosts()))
                            .invalidRequestHandler(
                                connections.calling(new AccessLog(listener.name(), malformed)))
                            .listen()
                            .onSuccess(listener.servers::add);
                      }
                    },
                new DeploymentOptions().setInstances(settings.eventLoops)))
        .map(deployed -> listener)
        .recover(failure ->
            Future.failedFuture(
                new IllegalStateException(
                    "%s.listen: cannot listen on %s: %s"
                        .formatted(listener.name(), listener.address(), failure.getMessage()),
                    failure)));
  }

  private VirtualHosts hosts() {
    return new VirtualHosts(
        name(),
        services.stream()
            .map(each ->
                new Site(each.surface, new AccessLog(each.surface.name(), each.handlers.get())))
            .toList());
  }

  /**
   * As much of a body as one read of a socket may bring: each chunk has its price, whatever its
   * size.
   */
  private static final int CHUNK = 64 * 1024;

  private HttpServerOptions options(HttpLimits limits) {
    int port = address().port();
    var options =
        new HttpServerOptions()
            .setHost(address().host())
            // All servers of one listener share a free port if it goes by the same negative number.
            .setPort(port == 0 ? -FREE_PORTS.incrementAndGet() : port)
            .setHttp2ClearTextEnabled(false)
            .setMaxInitialLineLength(limits.requestLine())
            .setMaxHeaderSize(limits.headers())
            .setMaxChunkSize(CHUNK)
            .setIdleTimeout((int) limits.idleTimeout().toMillis())
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    tls()
        .ifPresent(tls -> {
          var ssl = tls.options();
          options
              .setSsl(true)
              .setUseAlpn(false)
              .setKeyCertOptions(ssl.getKeyCertOptions())
              .setTrustOptions(ssl.getTrustOptions())
              .setClientAuth(ssl.getClientAuth());
        });
    return options;
  }

  /**
   * Uses what is in the certificates' files now for every handshake from now on; connections there
   * are go on. What cannot be used changes nothing, and fails.
   */
  Future<?> reloadTls() {
    var options = tls().orElseThrow().options();
    return checkTls()
        .compose(usable ->
            Future.all(
                servers.stream().map(server -> server.updateSSLOptions(options, true)).toList()));
  }

  private Future<?> checkTls() {
    return tls().isPresent() ? tls().get().check(vertx) : Future.succeededFuture();
  }

  /** Those that share a listener have the same. */
  Optional<Tls> tls() {
    return services.getFirst().surface.tls();
  }

  private Address address() {
    return services.getFirst().surface.listen();
  }

  /** The surfaces' names. */
  public String name() {
    return services.stream().map(each -> each.surface.name()).collect(Collectors.joining("+"));
  }

  /** Where to reach it, with the port it listens on where the configuration leaves the choice. */
  public String url() {
    return "%s://%s"
        .formatted(tls().isPresent() ? "https" : "http", new Address(address().host(), port()));
  }

  /** The port it listens on, also where the configuration leaves the choice to the system. */
  public int port() {
    return servers.getFirst().actualPort();
  }

  public boolean serves(String surface) {
    return services.stream().anyMatch(each -> each.surface.name().equals(surface));
  }

  /** Takes no more connections, lets what runs end for at most {@code seconds}, then closes. */
  public Future<Void> stop(long seconds) {
    return Future.all(
            servers.stream().map(server -> server.shutdown(seconds, TimeUnit.SECONDS)).toList())
        .mapEmpty();
  }
}
