package dropship.blobstore.server;

import dropship.blobstore.log.Call;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Serves requests by another handler, and logs each when its answer has ended or broken off. Says
 * nothing of queries, where signatures are, and of headers, where passwords are.
 */
public final class AccessLog implements Handler<HttpServerRequest> {
  private static final Logger LOG = LoggerFactory.getLogger("access");

  /** What is asked every second is no news. */
  private static final String FOR_WATCHERS = "ops";

  private final String surface;
  private final Level level;
  private final Handler<HttpServerRequest> handler;

  /** Comes after {@link Connections}, where calls begin and end. */
  public AccessLog(String surface, Handler<HttpServerRequest> handler) {
    this.surface = surface;
    this.level = surface.equals(FOR_WATCHERS) ? Level.DEBUG : Level.INFO;
    this.handler = handler;
  }

  @Override
  public void handle(HttpServerRequest request) {
    var call = Call.current().orElseThrow();
    if (LOG.isEnabledForLevel(level)) {
      long began = System.nanoTime();
      var client = request.remoteAddress().hostAddress(); // unknown once it has hung up
      call.onEnd(cutOff -> log(request, call, client, began, cutOff));
    }
    handler.handle(request);
  }

  /** What is null is not known, or not so, and left out. */
  private void log(
      HttpServerRequest request, Call call, String client, long began, boolean cutOff) {
    var response = request.response();
    var path = pathIn(request.uri());
    var status = response.headWritten() ? response.getStatusCode() : null;
    long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - began);
    // Of a file the whole is counted as soon as sending begins.
    boolean counted = !cutOff || !response.ended();
    LOG.atLevel(level)
        .addKeyValue("method", request.method().name())
        .addKeyValue("path", path)
        .addKeyValue("status", status)
        .addKeyValue("surface", surface)
        .addKeyValue("client", client)
        .addKeyValue("user", call.user().orElse(null))
        .addKeyValue("received", request.bytesRead())
        .addKeyValue("sent", counted ? response.bytesWritten() : null)
        .addKeyValue("ms", micros / 1000.0)
        .addKeyValue("agent", request.getHeader(HttpHeaders.USER_AGENT))
        .addKeyValue("cutOff", cutOff ? true : null)
        .log("{} {} {}", request.method().name(), path, status == null ? "unanswered" : status);
  }

  /** Of a whole URL, too, in which a name and a password may come before the path. */
  private static String pathIn(String uri) {
    int query = uri.indexOf('?');
    var asked = query < 0 ? uri : uri.substring(0, query);
    int scheme = asked.indexOf("://");
    int path = asked.startsWith("/") || scheme < 0 ? 0 : asked.indexOf('/', scheme + 3);
    return path >= 0 && asked.startsWith("/", path) ? asked.substring(path) : "(no path)";
  }
}
