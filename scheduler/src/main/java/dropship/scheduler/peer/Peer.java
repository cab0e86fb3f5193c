package dropship.scheduler.peer;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Another server, spoken to over HTTP. Methods block and belong on virtual threads. Files with
 * passwords and certificates are read again when they have changed, so that what is rotated works
 * without a restart; while new ones cannot be used, the old ones are.
 *
 * <p>What goes wrong is an {@link IOException} that says what was tried and never holds a password.
 * An answer of any status is an answer.
 */
public final class Peer {
  private static final Logger LOG = LoggerFactory.getLogger(Peer.class);
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_ANSWER = 4 << 20;

  private final URI url;
  private final Optional<Login> login;
  private final PeerTls tls;
  private final Duration timeout;
  private final List<Path> files;
  private Connection connection;
  private List<String> seen = List.of();
  private long looked;

  private record Connection(HttpClient client, Optional<String> authorization) {}

  /**
   * A server that has not been spoken to yet.
   *
   * @param url where it is; what is asked for is below its path
   * @param timeout for one answer, all of it
   * @throws IOException if a file cannot be read
   */
  public Peer(URI url, Optional<Login> login, PeerTls tls, Duration timeout) throws IOException {
    if (url.getScheme() == null || url.getHost() == null || url.getUserInfo() != null) {
      throw new IllegalArgumentException(
          "expected a URL without a login, such as https://registry.internal:8080");
    }
    this.url = url;
    this.login = login;
    this.tls = tls;
    this.timeout = timeout;
    this.files = new ArrayList<>(tls.files());
    login.ifPresent(one -> files.add(one.passwordFile()));
    this.seen = look();
    this.looked = System.nanoTime();
    this.connection = connect();
  }

  public URI url() {
    return url;
  }

  /** Asks for {@code path}, which begins with a slash. */
  public Answer send(String method, String path, Map<String, String> headers, Optional<String> body)
      throws IOException {
    var base = url.toString();
    var whole =
        URI.create(base.endsWith("/") ? base.substring(0, base.length() - 1) + path : base + path);
    var now = current();
    return send(now.client, now.authorization, method, whole, headers, body);
  }

  public Answer get(String path) throws IOException {
    return send("GET", path, Map.of(), Optional.empty());
  }

  /** Sends JSON to {@code path}. */
  public Answer sendJson(String method, String path, String json) throws IOException {
    return send(method, path, Map.of("Content-Type", "application/json"), Optional.of(json));
  }

  /**
   * Posts JSON to a URL that somebody gave us, with the certificates of this peer but not its
   * login. A login in the URL becomes a header.
   */
  public Answer postTo(URI to, String json) throws IOException {
    var authorization = Optional.ofNullable(to.getRawUserInfo()).map(Peer::decode).map(Peer::basic);
    return send(
        current().client,
        authorization,
        "POST",
        withoutLogin(to),
        Map.of("Content-Type", "application/json"),
        Optional.of(json));
  }

  /** A URL as it may be shown: nobody's login in it. */
  public static URI withoutLogin(URI to) {
    if (to.getRawUserInfo() == null) {
      return to;
    }
    var text = to.toString();
    int at = text.indexOf('@');
    return URI.create(to.getScheme() + "://" + text.substring(at + 1));
  }

  private Answer send(
      HttpClient client,
      Optional<String> authorization,
      String method,
      URI to,
      Map<String, String> headers,
      Optional<String> body)
      throws IOException {
    var attempt = method + " " + to;
    if (to.getHost() == null
        || !("http".equals(to.getScheme()) || "https".equals(to.getScheme()))) {
      throw new IOException(attempt + ": expected an http or https URL");
    }
    var request =
        HttpRequest.newBuilder(to)
            .timeout(timeout)
            .method(method, body.map(BodyPublishers::ofString).orElseGet(BodyPublishers::noBody));
    headers.forEach(request::setHeader);
    authorization.ifPresent(value -> request.setHeader("Authorization", value));
    return answer(client, request.build(), attempt);
  }

  /** The request's own time-out ends with the head of an answer; this one is over all of it. */
  private Answer answer(HttpClient client, HttpRequest request, String attempt) throws IOException {
    var limited = BodyHandlers.limiting(BodyHandlers.ofByteArray(), LONGEST_ANSWER);
    var answer = client.sendAsync(request, limited);
    try {
      var got = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return new Answer(got.statusCode(), got.headers(), text(got));
    } catch (ExecutionException e) {
      throw new IOException(attempt + ": " + e.getCause(), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("%s: no answer within %s".formatted(attempt, timeout), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException(attempt + ": interrupted").initCause(e);
    } finally {
      answer.cancel(true);
    }
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private synchronized Connection current() {
    long now = System.nanoTime();
    if (files.isEmpty() || now - looked < LOOK_NANOS) {
      return connection;
    }
    looked = now;
    var found = look();
    if (!found.equals(seen)) {
      try {
        connection = connect();
        LOG.info("{}: the changed files {} are in use", url, files);
      } catch (IOException e) {
        LOG.error(
            "{}: the changed files {} cannot be used, the old ones stay: {}",
            url,
            files,
            e.getMessage());
      }
      seen = found;
    }
    return connection;
  }

  /** What changes when a file does, as far as can be told without reading it. */
  private List<String> look() {
    var marks = new ArrayList<String>();
    for (var file : files) {
      try {
        var attributes = Files.readAttributes(file, BasicFileAttributes.class);
        marks.add(
            "%s %d %s"
                .formatted(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey()));
      } catch (IOException unreadable) {
        marks.add("");
      }
    }
    return marks;
  }

  private Connection connect() throws IOException {
    Optional<String> authorization = Optional.empty();
    if (login.isPresent()) {
      var password = Files.readString(login.get().passwordFile()).strip();
      authorization = Optional.of(basic(login.get().user() + ":" + password));
    }
    var client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .version(HttpClient.Version.HTTP_1_1)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .sslContext(tls.context())
            .build();
    return new Connection(client, authorization);
  }

  private static String basic(String credentials) {
    return "Basic "
        + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
  }

  /** Cloud Controller escapes a login as forms do, where + is a space. */
  private static String decode(String encoded) {
    return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
  }
}
