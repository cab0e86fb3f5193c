package dropship.blobstore.server;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.log.Call;
import dropship.blobstore.server.Attempts.Attempt;
import dropship.blobstore.server.User.Action;
import dropship.blobstore.settings.Settings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LoginTest {
  private static final String CLIENT = "127.0.0.1";
  private static final String OTHER = "192.0.2.1";

  /** Before it would be the client's turn. */
  private static final Duration SOON = Duration.ofSeconds(5);

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void makesRoomForOthersWhenAClientThatWaitsHangsUp(@TempDir Path directory) throws Exception {
    Files.writeString(directory.resolve("pull.pw"), "right");
    var config = "users: [{name: pull, passwordFile: pull.pw, actions: [pull]}]";
    var users = Users.from(Settings.of(config, directory.resolve("config.yml"), Map.of()));
    var attempts = users.attempts();
    var metrics = new SimpleMeterRegistry();
    var router = Router.router(vertx);
    router.route().handler(new Login(users, Optional.of(Action.PULL), metrics));
    var server =
        vertx
            .createHttpServer()
            .requestHandler(request -> {
              var call = Call.begin("id");
              request.connection().closeHandler(closed -> call.end(true));
              router.handle(request);
            })
            .listen(0, CLIENT)
            .await(10, TimeUnit.SECONDS);
    for (var place : List.of(CLIENT, OTHER)) {
      fail(place, 10, attempts);
      attempts.waitFor(right(place)); // the next from there has to wait for nine seconds
    }
    for (int i = 0; i < 12; i++) {
      attempts.gone();
    }
    for (int i = 0; i < Attempts.MOST_WAITING - 1; i++) {
      fail("place " + i, 6, attempts);
    }

    try (var guess = new Socket(CLIENT, server.actualPort())) {
      var credentials =
          Base64.getEncoder().encodeToString("pull:guess".getBytes(StandardCharsets.UTF_8));
      guess
          .getOutputStream()
          .write(
              ("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " + credentials + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      awaitSoon(() -> metrics.counter("dropship.logins", "result", "failure").count() == 1);
      assertThat(attempts.waitFor(wrong(OTHER, "one too many"))).isEmpty();
    }

    awaitSoon(() -> attempts.waitFor(wrong(OTHER, "now there is room")).isPresent());
  }

  private static Attempt wrong(String place, String password) {
    return new Attempt(place, new Credentials("pull", Users.hash(password)), Optional.empty());
  }

  private static Attempt right(String place) {
    var user = new User("pull", Set.of(Action.PULL));
    return new Attempt(place, new Credentials("pull", Users.hash("right")), Optional.of(user));
  }

  /** The sixth failure, and those after it, wait. */
  private static void fail(String place, int times, Attempts attempts) {
    for (int i = 0; i < times; i++) {
      assertThat(attempts.waitFor(wrong(place, "guess " + i))).isPresent();
    }
  }

  private static void awaitSoon(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(10);
    }
  }
}
