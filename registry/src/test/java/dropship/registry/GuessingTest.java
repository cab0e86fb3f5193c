package dropship.registry;

import static dropship.registry.RunningServer.basic;
import static dropship.registry.RunningServer.code;
import static dropship.registry.RunningServer.json;
import static dropship.registry.RunningServer.text;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Somebody guesses passwords, from the same address as everybody else. */
@Timeout(120)
class GuessingTest {
  private static final String MANIFEST = "/v2/cloudfoundry/guid/manifests/hash";

  /** How many of many guesses at one moment are looked at. */
  private static final int TURNS = 11;

  private static final Duration LAST_TURN = Duration.ofMillis(6300);

  private RunningServer server;
  private int guesses;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    server = RunningServer.start(directory);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private String wrongPassword() {
    return basic("pull", "guess-" + guesses++);
  }

  /** A request with a wrong password that nobody has tried before. */
  private HttpRequest.Builder guess() {
    return server.anonymous(MANIFEST).header("Authorization", wrongPassword());
  }

  private void pull() throws Exception {
    assertThat(server.get(MANIFEST).statusCode()).isEqualTo(200);
  }

  private List<CompletableFuture<HttpResponse<byte[]>>> guessAtOnce(int times) {
    var answers = new ArrayList<CompletableFuture<HttpResponse<byte[]>>>();
    for (int i = 0; i < times; i++) {
      answers.add(server.client().sendAsync(guess().build(), BodyHandlers.ofByteArray()));
    }
    return answers;
  }

  private double logins(String result) throws Exception {
    var line = "dropship_logins_total{result=\"%s\"} ".formatted(result);
    return text(server.ops("/metrics"))
        .lines()
        .filter(each -> each.startsWith(line))
        .mapToDouble(each -> Double.parseDouble(each.substring(line.length())))
        .sum();
  }

  @Test
  void letsGuessesWaitAndNobodyElse() throws Exception {
    server.withRootfs("1.0").withDroplet("guid", "hash", Tars.droplet("hello"));
    pull();
    long start = System.nanoTime();
    var answers = guessAtOnce(20);

    for (int i = 0; i < 50; i++) {
      pull();
    }

    assertThat(answers).as("after 50 pulls").anyMatch(answer -> !answer.isDone());
    var statuses = answers.stream().map(answer -> answer.join().statusCode()).toList();
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(LAST_TURN.toNanos());
    assertThat(statuses).containsOnly(401, 429);
    assertThat(statuses).filteredOn(status -> status == 401).hasSizeBetween(TURNS, TURNS + 2);
    assertThat(logins("failure") + logins("refused")).isEqualTo(20);
  }

  @Test
  void answersAThousandAtOnceAndServesOnAsBefore() throws Exception {
    server.withRootfs("1.0").withDroplet("guid", "hash", Tars.droplet("hello"));
    pull();
    var connections = new ArrayList<RawConnection>();
    try {
      for (int i = 0; i < 1000; i++) {
        connections.add(server.connect("registry"));
      }
      for (var connection : connections) {
        connection.head("GET " + MANIFEST + " HTTP/1.1", "Authorization: " + wrongPassword());
      }
      for (int i = 0; i < 50; i++) {
        pull();
      }

      int refused = 0;
      for (var connection : connections) {
        int status = connection.read().status();
        assertThat(status).isIn(401, 429);
        refused += status == 429 ? 1 : 0;
      }
      assertThat(refused).isGreaterThan(900);
      assertThat(logins("delayed")).isZero();
    } finally {
      for (var connection : connections) {
        connection.close();
      }
    }
  }

  /** Until the next login has to wait for some seconds. */
  private List<CompletableFuture<HttpResponse<byte[]>>> fail(HttpRequest.Builder guess)
      throws Exception {
    var answers = new ArrayList<CompletableFuture<HttpResponse<byte[]>>>();
    for (int i = 0; i < TURNS - 1; i++) {
      guess.setHeader("Authorization", wrongPassword());
      answers.add(server.client().sendAsync(guess.build(), BodyHandlers.ofByteArray()));
    }
    RunningServer.eventually("guesses have taken turns", () -> logins("failure") == TURNS - 1);
    return answers;
  }

  @Test
  void servesWhoLogsInForTheFirstTimeWhenTheirTurnHasCome() throws Exception {
    var before = fail(server.anonymous("/v2/"));
    try (var connection = server.connect("registry")) {
      var pull = "GET /v2/ HTTP/1.1";
      var password = "Authorization: " + basic("pull", "pull");

      var answer = connection.head(pull, password, "Content-Length: 1000000");
      connection.send(new byte[1_000_000]);

      assertThat(answer.read().status()).isEqualTo(200);
      assertThat(before).allMatch(CompletableFuture::isDone);
      assertThat(logins("delayed")).isEqualTo(1);
      assertThat(connection.head(pull, password).read().status()).isEqualTo(200);
      assertThat(logins("delayed")).isEqualTo(1);
    }
  }

  @Test
  void losesNothingOfABodyThatWaits() throws Exception {
    fail(server.api("/rootfs"));

    server.withRootfs("1.0");

    assertThat(logins("delayed")).isEqualTo(1);
  }

  @Test
  void saysWhenToComeBackInEachSurfacesForm() throws Exception {
    var registry = firstRefused(guessAtOnce(30));
    assertThat(code(registry)).isEqualTo("TOOMANYREQUESTS");
    assertThat(registry.headers().firstValue("Retry-After")).hasValue("10");
    assertThat(registry.headers().firstValue("WWW-Authenticate")).isEmpty();

    var guesses = new ArrayList<CompletableFuture<HttpResponse<byte[]>>>();
    for (int i = 0; i < 30; i++) {
      var guess = server.api("/rootfs").setHeader("Authorization", wrongPassword());
      guesses.add(server.client().sendAsync(guess.build(), BodyHandlers.ofByteArray()));
    }
    var api = firstRefused(guesses);
    assertThat(json(api).getString("error")).contains("try again");
    assertThat(api.headers().firstValue("Retry-After")).hasValue("10");
  }

  private static HttpResponse<byte[]> firstRefused(
      List<CompletableFuture<HttpResponse<byte[]>>> answers) throws Exception {
    var refused = new CompletableFuture<HttpResponse<byte[]>>();
    for (var answer : answers) {
      answer.thenAccept(response -> {
        if (response.statusCode() == 429) {
          refused.complete(response);
        }
      });
    }
    return refused.get(RunningServer.PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @Test
  void asksWhoBringsNoCredentialsAtOnceAndHoldsItAgainstNobody() throws Exception {
    for (int i = 0; i < 50; i++) {
      assertThat(server.send(server.anonymous("/v2/")).statusCode()).isEqualTo(401);
      var bearer = server.anonymous("/v2/").header("Authorization", "Bearer " + i);
      assertThat(server.send(bearer).statusCode()).isEqualTo(401);
    }

    assertThat(logins("failure")).isZero();
    assertThat(server.get("/v2/").statusCode()).isEqualTo(200);
    assertThat(logins("delayed")).isZero();
  }

  @Test
  void logsWhoGuessesNowAndThenAndNeverThePassword() throws Exception {
    var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    var level = root.getLevel();
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    root.addAppender(lines);
    root.setLevel(Level.INFO);
    try {
      var name = "mallory\n\u001b[2J\u202e" + "y".repeat(100);
      for (int i = 0; i < 5; i++) {
        var guess = server.anonymous("/v2/").header("Authorization", basic(name, "secret" + i));
        assertThat(server.send(guess).statusCode()).isEqualTo(401);
      }
    } finally {
      root.setLevel(level);
      root.detachAppender(lines);
    }

    var logged = lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    assertThat(logged).filteredOn(line -> line.contains("mallory")).hasSize(1);
    assertThat(logged)
        .contains("127.0.0.1 cannot log in as 'mallory??[2J?" + "y".repeat(27) + "...'");
    assertThat(logged).noneMatch(line -> line.contains("secret"));
  }
}
