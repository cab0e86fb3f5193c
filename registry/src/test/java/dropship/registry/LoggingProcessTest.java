package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Logs as they leave the process: whole to the last line, and not in anybody's way. */
@Timeout(120)
class LoggingProcessTest {
  private static final int SIGTERM = 128 + 15;

  @Test
  void logsEverythingBeforeItEnds(@TempDir Path directory) throws Exception {
    try (var server = ForkedServer.fork(directory, Map.of())) {
      for (int i = 0; i < 200; i++) {
        assertThat(server.get("/v2/").statusCode()).isEqualTo(200);
      }

      server.terminate();
      assertThat(server.exitStatus(RunningServer.PATIENCE)).isEqualTo(SIGTERM);

      var lines = server.log().lines().map(JsonObject::new).toList();
      assertThat(lines).filteredOn(line -> line.getString("logger").equals("access")).hasSize(200);
      assertThat(lines.getLast().getString("message")).isEqualTo("stopped");
    }
  }

  /** A line has about as much as the path, twice, so some hundred fill what there is room for. */
  @Test
  void servesOnWhenNobodyReadsItsLog(@TempDir Path directory) throws Exception {
    var path = "/v2/" + "x".repeat(3_900);
    try (var server = ForkedServer.forkUnread(directory)) {
      while (server.metric("dropship_log_lines_lost_total") == 0) {
        for (int i = 0; i < 100; i++) {
          assertThat(server.get(path).statusCode()).isEqualTo(404);
        }
      }
      assertThat(server.upload("guid", "hash", Tars.droplet("x")).statusCode()).isEqualTo(201);

      server.terminate();
      assertThat(server.exitStatus(RunningServer.PATIENCE)).isEqualTo(SIGTERM);
    }
  }

  @Test
  void givesWhoReadsItsLogSlowlyTimeToReadTheEnd(@TempDir Path directory) throws Exception {
    var path = "/v2/" + "x".repeat(3_900);
    try (var server = ForkedServer.forkUnread(directory)) {
      for (int i = 0; i < 100; i++) { // more than the pipe takes
        assertThat(server.get(path).statusCode()).isEqualTo(404);
      }

      var rest = server.terminateAndReadOn().map(JsonObject::new).toList();

      assertThat(rest).filteredOn(line -> line.getString("logger").equals("access")).hasSize(100);
      assertThat(rest.getLast().getString("message")).isEqualTo("stopped");
    }
  }

  @Test
  void leavesAloneWhatOperatorsConfigureThemselves(@TempDir Path directory) throws Exception {
    var own =
        Files.writeString(
            directory.resolve("own.xml"),
            """
            <configuration>
              <appender name="stderr" class="ch.qos.logback.core.ConsoleAppender">
                <target>System.err</target>
                <encoder><pattern>own: %logger: %msg%n</pattern></encoder>
              </appender>
              <root level="info"><appender-ref ref="stderr"/></root>
              <logger name="access" level="off"/>
            </configuration>
            """);
    try (var server =
        ForkedServer.fork(directory, Map.of(), "-Dlogback.configurationFile=" + own)) {
      assertThat(server.get("/v2/").statusCode()).isEqualTo(200);
      server.terminate();
      assertThat(server.exitStatus(RunningServer.PATIENCE)).isEqualTo(SIGTERM);

      assertThat(server.log().lines()).allSatisfy(line -> assertThat(line).startsWith("own: "));
      assertThat(server.log()).contains("Server: stopped").doesNotContain("access");
    }
  }
}
