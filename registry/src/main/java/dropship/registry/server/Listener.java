package dropship.registry.server;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.ServerSSLOptions;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Serves a surface on every event loop: one server each, all on the same port. HTTP/1.1 only: the
 * clients that move much speak nothing else by default, and sending files by it is several times
 * faster than by HTTP/2.
 */
public final class Listener {
  /**
   * Longer than a client waits for a layer that makes no progress, so it is the client who gives
   * up.
   */
  private static final int IDLE_MINUTES = 10;

  private static final AtomicInteger FREE_PORTS = new AtomicInteger();

  private final Surface surface;
  private final CopyOnWriteArrayList<HttpServer> servers = new CopyOnWriteArrayList<>();

  private Listener(Surface surface) {
    this.surface = surface;
  }

  /**
   * Starts listening. {@code handlers} makes a handler for each event loop.
   *
   * @param malformed answers what is not HTTP
   */
  public static Future<Listener> start(
      Vertx vertx,
      int eventLoops,
      Surface surface,
      Supplier<Handler<HttpServerRequest>> handlers,
      Handler<HttpServerRequest> malformed) {
    var listener = new Listener(surface);
    var options = options(surface);
    return vertx
        .deployVerticle(
            () ->
                new VerticleBase() {
                  @Override
                  public Future<?> start() {
                    return vertx
                        .createHttpServer(options)
                        .requestHandler(handlers.get())
                        .invalidRequestHandler(malformed)
                        .listen()
                        .onSuccess(listener.servers::add);
                  }
                },
            new DeploymentOptions().setInstances(eventLoops))
        .map(deployed -> listener)
        .recover(failure ->
            Future.failedFuture(
                new IllegalStateException(
                    "%s.listen: cannot listen on %s: %s"
                        .formatted(surface.name(), surface.listen(), failure.getMessage()),
                    failure)));
  }

  private static HttpServerOptions options(Surface surface) {
    var address = surface.listen();
    var options =
        new HttpServerOptions()
            .setHost(address.host())
            // All servers of one listener share a free port if it goes by the same negative number.
            .setPort(address.port() == 0 ? -FREE_PORTS.incrementAndGet() : address.port())
            .setIdleTimeout(IDLE_MINUTES)
            .setIdleTimeoutUnit(TimeUnit.MINUTES);
    surface
        .tls()
        .ifPresent(tls -> options.setSsl(true).setUseAlpn(false).setKeyCertOptions(tls.pem()));
    return options;
  }

  /**
   * Uses what is in the certificate's files now for every handshake from now on; connections there
   * are go on. What cannot be used changes nothing, and fails.
   */
  Future<?> reloadTls() {
    var pem = surface.tls().orElseThrow().pem();
    return Future.all(
        servers.stream()
            .map(server ->
                server.updateSSLOptions(new ServerSSLOptions().setKeyCertOptions(pem), true))
            .toList());
  }

  /** The port it listens on, also where the configuration leaves the choice to the system. */
  public int port() {
    return servers.getFirst().actualPort();
  }

  public Surface surface() {
    return surface;
  }

  /** Takes no more connections, lets what runs end for at most {@code seconds}, then closes. */
  public Future<Void> stop(long seconds) {
    return Future.all(
            servers.stream().map(server -> server.shutdown(seconds, TimeUnit.SECONDS)).toList())
        .mapEmpty();
  }
}
