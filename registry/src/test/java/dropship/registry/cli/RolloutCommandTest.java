package dropship.registry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class RolloutCommandTest {
  private static final String UNDER_WAY =
      """
      {"done": false, "unavailableInstances": 2, "failed": [], "trouble": "the registry is away",
       "stacks": {"cflinuxfs4": {"target": "2", "done": 3, "stopped": 1, "rolling": 2, "waiting": 4,
         "unwell": 0, "failed": 0, "excluded": 1, "total": 11}}}
      """;
  private static final String DONE =
      """
      {"done": true, "unavailableInstances": 0, "failed": [],
       "stacks": {"cflinuxfs4": {"target": "2", "done": 10, "excluded": 1, "total": 11}}}
      """;
  private static final String PAUSED =
      """
      {"done": false, "unavailableInstances": 1,
       "paused": {"by": "rollout", "since": "2026-01-01T00:00:00Z", "reason": "ns/app: crashed"},
       "failed": [{"processGuid": "guid-version", "statefulSet": "ns/app", "rootfs": "cflinuxfs4/2", "reason": "crashed"}],
       "stacks": {"cflinuxfs4": {"target": "2", "done": 3, "failed": 1, "waiting": 7, "total": 11}}}
      """;

  private final Queue<String> answers = new ArrayDeque<>();
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private HttpServer scheduler;

  @BeforeEach
  void serve() throws IOException {
    scheduler = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    scheduler.createContext(
        "/",
        exchange -> {
          requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
          var answer = answers.size() > 1 ? answers.remove() : answers.element();
          var bytes = answer.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(answer.contains("\"error\"") ? 503 : 200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    scheduler.start();
  }

  @AfterEach
  void stop() {
    scheduler.stop(0);
  }

  private int run(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.add("--server=http://127.0.0.1:" + scheduler.getAddress().getPort());
    return new CommandLine(new RolloutCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  @Test
  void statusSaysHowManyAppsAreWhere() {
    answers.add(UNDER_WAY);
    assertThat(run("status")).isZero();
    assertThat(out.toString())
        .isEqualTo(
            """
            cflinuxfs4 2  11 apps: 3 done, 1 stopped, 2 rolling, 4 waiting, 1 excluded
            instances that are away  2
            waits  the registry is away
            under way
            """);
    assertThat(requests).containsExactly("GET /rollout");
  }

  @Test
  void statusAsJsonIsWhatTheSchedulerSays() {
    answers.add(DONE);
    assertThat(run("status", "--json")).isZero();
    assertThat(new JsonObject(out.toString())).isEqualTo(new JsonObject(DONE));
  }

  @Test
  void watchingEndsWhenItIsDone() {
    answers.addAll(List.of(UNDER_WAY, UNDER_WAY, DONE));
    assertThat(run("status", "--watch")).isZero();
    assertThat(out.toString()).startsWith("4 of 10, 2 rolling\n10 of 10\n").endsWith("done\n");
  }

  @Test
  void watchingEndsWhenItPausesAndSaysWhy() {
    answers.addAll(List.of(UNDER_WAY, PAUSED));
    assertThat(run("resume", "--watch")).isEqualTo(1);
    assertThat(out.toString())
        .contains(
            "failed  guid-version (ns/app): crashed",
            "paused  by itself since 2026-01-01T00:00:00Z");
    assertThat(requests).containsExactly("POST /rollout/resume", "GET /rollout");
  }

  @Test
  void watchingOutlivesARestartOfTheScheduler() {
    answers.addAll(List.of(UNDER_WAY, "{\"error\": \"not known yet\"}", DONE));
    assertThat(run("status", "--watch")).isZero();
  }

  @Test
  void whatAPersonSaysArrives() {
    answers.add(PAUSED);
    assertThat(run("pause", "--reason", "until Monday & later")).isZero();
    assertThat(run("undo", "--stack", "cflinuxfs4")).isZero();
    assertThat(run("status")).isEqualTo(1);
    assertThat(requests)
        .containsExactly(
            "POST /rollout/pause?reason=until%20Monday%20%26%20later",
            "POST /rollout/undo?stack=cflinuxfs4", "GET /rollout");
  }

  @Test
  void helpHasExamples() {
    assertThat(new CommandLine(new RolloutCommand()).getUsageMessage())
        .contains("dropship rollout status --watch", "dropship/rollout=excluded");
  }
}
