package dropship.blobstore.bits;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dropship.blobstore.content.Conduit;
import dropship.blobstore.http.Routing;
import dropship.blobstore.resource.DropletId;
import dropship.blobstore.resource.DropletIntake;
import dropship.blobstore.resource.Droplets;
import dropship.blobstore.resource.Receipt;
import dropship.blobstore.signing.SignedUrls;
import dropship.blobstore.signing.SigningKeys;
import dropship.blobstore.store.memory.MemoryBlobstore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The private side and the public side of droplets in memory, and a client that sends exactly what
 * it is told to. Whoever says {@code Authorization: yes} may sign.
 */
final class SignedServer implements AutoCloseable {
  static final URI PUBLIC_URL = URI.create("https://bits.example.com:443");
  static final SigningKeys KEYS =
      new SigningKeys(Optional.of("k1"), Map.of("k1", "geheim"), Optional.of("some_secret"));
  static final int LIMIT = 100_000;
  private static final int PATIENCE_MILLIS = 30_000;

  private final Vertx vertx = Vertx.vertx();
  private final HttpServer privateSide;
  private final HttpServer publicSide;

  SignedServer() throws Exception {
    var urls = new SignedUrls(() -> KEYS, Clock.systemUTC());
    var droplets =
        new Droplets(
            vertx,
            new MemoryBlobstore(vertx),
            new NoIntake(),
            new Droplets.Limits(8, Duration.ofMinutes(1)));
    var routes =
        new DropletRoutes(
            vertx, droplets, new UploadLimit(LIMIT, Duration.ofMinutes(1)), Clock.systemUTC());

    var privateRouter = Router.router(vertx);
    routes.addTo(privateRouter);
    new SignRoutes(urls, PUBLIC_URL, SignedServer::authenticate).addTo(privateRouter);

    var publicRouter = Router.router(vertx);
    var check = new SignatureCheck(urls);
    check.addTo(publicRouter);
    routes.addTo(publicRouter, check);
    // Says what a route is told of the path, a line for each parameter.
    publicRouter
        .get("/echo/:guid/:hash")
        .handler(check)
        .handler(context ->
            context.response().end(context.pathParam("guid") + "\n" + context.pathParam("hash")));

    privateSide = listen(privateRouter);
    publicSide = listen(publicRouter);
  }

  private HttpServer listen(Router router) throws Exception {
    return vertx
        .createHttpServer()
        .requestHandler(router)
        .listen(0, "127.0.0.1")
        .await(30, TimeUnit.SECONDS);
  }

  private static void authenticate(RoutingContext context) {
    if ("yes".equals(context.request().getHeader("Authorization"))) {
      context.next();
    } else {
      context.response().putHeader("WWW-Authenticate", "Basic realm=\"bits-service\"");
      Routing.refuse(context.request(), 401, Optional.empty());
    }
  }

  /** Takes droplets as they are. */
  private final class NoIntake implements DropletIntake {
    @Override
    public Intake begin(DropletId id) {
      var bytes = new Conduit(vertx.getOrCreateContext(), 1);
      try {
        bytes.input().close();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
      return new Intake() {
        @Override
        public Conduit bytes() {
          return bytes;
        }

        @Override
        public Future<Receipt> prepared() {
          return Future.succeededFuture(new Receipt(0, "sha1", "sha256"));
        }

        @Override
        public Future<Void> commit() {
          return Future.succeededFuture();
        }

        @Override
        public void abort(Throwable cause) {}
      };
    }

    @Override
    public Future<Void> copied(DropletId from, DropletId to) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> deleted(DropletId id) {
      return Future.succeededFuture();
    }
  }

  /** What came back; header names in lower case. */
  record Answer(int status, Map<String, String> headers, String body) {}

  Answer toPrivate(String method, String target, List<String> headers, String body)
      throws IOException {
    return send(privateSide.actualPort(), method, target, headers, body);
  }

  Answer toPublic(String method, String target, List<String> headers, String body)
      throws IOException {
    return send(publicSide.actualPort(), method, target, headers, body);
  }

  Answer toPublic(String method, String target) throws IOException {
    return toPublic(method, target, List.of(), "");
  }

  /** A URL of the public side, asked for as the Cloud Controller does, without scheme and host. */
  String signed(String verb, String path) throws IOException {
    var answer =
        toPrivate("GET", "/sign" + path + "?verb=" + verb, List.of("Authorization: yes"), "");
    if (answer.status != 200) {
      throw new IllegalArgumentException(path + ": " + answer);
    }
    return answer.body.substring(PUBLIC_URL.toString().length());
  }

  /** Uploads a droplet by a form, as the Cloud Controller and its command line do. */
  Answer upload(String target, String field, String content) throws IOException {
    return toPublic("PUT", target, List.of(FORM), form(field, content));
  }

  static final String FORM = "Content-Type: multipart/form-data; boundary=limit";

  static String form(String field, String content) {
    return "--limit\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"d.tgz\"\r\n\r\n%s"
            .formatted(field, content)
        + "\r\n--limit--\r\n";
  }

  private static Answer send(
      int port, String method, String target, List<String> headers, String body)
      throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      var request = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n");
      headers.forEach(header -> request.append(header).append("\r\n"));
      if (!body.isEmpty()) {
        request.append("Content-Length: ").append(body.length()).append("\r\n");
      }
      if (headers.stream().noneMatch(header -> header.startsWith("Content-Length"))) {
        request.append("Connection: close\r\n"); // else it is for the server to close
      }
      request.append("\r\n").append(body);
      socket.getOutputStream().write(request.toString().getBytes(ISO_8859_1));
      return read(socket.getInputStream());
    }
  }

  private static Answer read(InputStream in) throws IOException {
    var text = new String(in.readAllBytes(), ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    var lines = text.substring(0, end).split("\r\n");
    var headers = new TreeMap<String, String>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      headers.put(
          lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
          lines[i].substring(colon + 1).strip());
    }
    return new Answer(Integer.parseInt(lines[0].split(" ")[1]), headers, text.substring(end + 4));
  }

  @Override
  public void close() throws Exception {
    vertx.close().await(30, TimeUnit.SECONDS);
  }
}
