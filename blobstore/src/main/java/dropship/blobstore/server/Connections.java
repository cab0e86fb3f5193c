package dropship.blobstore.server;

import dropship.blobstore.log.Call;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;

/**
 * The connections of one event loop. Those without a request under way are kept in the order in
 * which they began to wait for one. From the front they are closed when they have waited too long,
 * and when there is no room for a new one: clients that only hold connections, or send heads that
 * never end, cannot keep out those who ask for something.
 */
final class Connections {
  private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("X-Vcap-Request-Id");
  private static final long SWEEP_MILLIS = 500;

  private final int most;
  private final HttpLimits limits;
  private final Counter slow;
  private final Counter crowdedOut;

  /** Since when, by {@code nanoTime}. The first have never sent a request, the others have. */
  private final LinkedHashMap<HttpConnection, Long> fresh = new LinkedHashMap<>();

  private final LinkedHashMap<HttpConnection, Long> kept = new LinkedHashMap<>();
  private final Map<HttpConnection, UnderWay> underWay = new HashMap<>();
  private final Set<HttpConnection> open = new HashSet<>();

  /** A request that has not been answered, and the context on which it is being. */
  private record UnderWay(Call call, Context context) {}

  /**
   * Call it, and everything else, on the event loop.
   *
   * @param most how many there may be on this event loop
   */
  Connections(Vertx vertx, String listener, int most, HttpLimits limits, MeterRegistry metrics) {
    this.most = most;
    this.limits = limits;
    this.slow = counter(metrics, listener, "slow");
    this.crowdedOut = counter(metrics, listener, "full");
    vertx.setPeriodic(SWEEP_MILLIS, now -> closeTheSlow());
  }

  private static Counter counter(MeterRegistry metrics, String listener, String reason) {
    return Counter.builder("dropship.connections.closed")
        .description("Connections closed for waiting too long, or to make room")
        .tag("listener", listener)
        .tag("reason", reason)
        .register(metrics);
  }

  /** A connection has been made. */
  void opened(HttpConnection connection) {
    open.add(connection);
    connection.closeHandler(closed -> forget(connection));
    fresh.put(connection, System.nanoTime());
    if (open.size() > most) {
      crowdedOut.increment();
      close(longestWaiting());
    }
  }

  /** An answer from a file that breaks off does not say so itself. */
  private void forget(HttpConnection connection) {
    open.remove(connection);
    fresh.remove(connection);
    kept.remove(connection);
    var brokenOff = underWay.remove(connection);
    if (brokenOff != null) {
      brokenOff.context.runOnContext(now -> brokenOff.call.end(true));
    }
  }

  /** There is one: at least the connection that has just been made waits. */
  private HttpConnection longestWaiting() {
    if (kept.isEmpty()) {
      return fresh.firstEntry().getKey();
    }
    if (fresh.isEmpty()) {
      return kept.firstEntry().getKey();
    }
    var one = fresh.firstEntry();
    var other = kept.firstEntry();
    return (one.getValue() - other.getValue() < 0 ? one : other).getKey();
  }

  /**
   * Begins a call for each request and hands it on to {@code next}; ends it when its answer has
   * ended or broken off. A connection has one at a time. Nobody else may set a response's end
   * handler or a connection's close handler: there is {@link Call#onEnd}.
   */
  Handler<HttpServerRequest> calling(Handler<HttpServerRequest> next) {
    return request -> {
      var connection = request.connection();
      var response = request.response();
      fresh.remove(connection);
      kept.remove(connection);
      var call = Call.begin(request.getHeader(REQUEST_ID));
      underWay.put(connection, new UnderWay(call, Objects.requireNonNull(Vertx.currentContext())));
      response.putHeader(REQUEST_ID, call.id());
      response.endHandler(end -> {
        if (response.ended()) { // it is called as well for one that has broken off
          underWay.remove(connection);
          call.end(false);
          waitsAgain(connection);
        }
      });
      next.handle(request);
    };
  }

  private void waitsAgain(HttpConnection connection) {
    if (open.contains(connection)) {
      kept.putLast(connection, System.nanoTime());
    }
  }

  private void closeTheSlow() {
    closeTheSlow(fresh, limits.headTimeout());
    closeTheSlow(kept, limits.keepAliveTimeout());
  }

  private void closeTheSlow(SequencedMap<HttpConnection, Long> waiting, Duration limit) {
    long before = System.nanoTime() - limit.toNanos();
    while (!waiting.isEmpty() && waiting.firstEntry().getValue() - before < 0) {
      slow.increment();
      close(waiting.firstEntry().getKey());
    }
  }

  private void close(HttpConnection connection) {
    fresh.remove(connection);
    kept.remove(connection);
    connection.close();
  }
}
