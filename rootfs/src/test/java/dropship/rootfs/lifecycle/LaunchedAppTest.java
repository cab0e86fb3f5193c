package dropship.rootfs.lifecycle;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script as process 1: between the app and whoever stops it. */
class LaunchedAppTest {
  @TempDir Path directory;
  private Launching launch;

  @BeforeEach
  void layOut() throws IOException {
    launch = new Launching(directory);
  }

  @ParameterizedTest
  @CsvSource({"true, 0", "exit 7, 7", "exit 127, 127", "kill -9 $$, 137", "kill -SEGV $$, 139"})
  void itEndsAsTheAppDoes(String command, int status) throws Exception {
    assertThat(launch.run(Map.of(), command).status()).isEqualTo(status);
  }

  @Test
  void theAppReadsTheStandardInput() throws Exception {
    var process = launch.start(List.of(), Map.of(), "read line; echo got $line");
    process.getOutputStream().write("it\n".getBytes());
    assertThat(launch.end(process).output()).isEqualTo("got it\n");
  }

  @Test
  void aSignalEndsTheAppAndAllThatItHasStarted() throws Exception {
    var process =
        launch.start(
            List.of(), Map.of(), "tail -f /dev/null & echo $!; tail -f /dev/null; echo survived");
    var child = ProcessHandle.of(Long.parseLong(firstLine(process))).orElseThrow();
    process.toHandle().destroy(); // unlike the process itself, this leaves its streams open
    var ended = launch.end(process);
    assertThat(ended.status()).isEqualTo(143);
    assertThat(ended.output()).isEmpty();
    assertThat(child.onExit().get(20, SECONDS).isAlive()).isFalse();
  }

  @Test
  void anAppThatHandlesTheSignalEndsAsItLikes() throws Exception {
    var process =
        launch.start(
            List.of(),
            Map.of(),
            "trap 'echo stopping; exit 5' TERM; tail -f /dev/null & echo ready; wait");
    assertThat(firstLine(process)).isEqualTo("ready");
    process.toHandle().destroy();
    var ended = launch.end(process);
    assertThat(ended.output()).isEqualTo("stopping\n");
    assertThat(ended.status()).isEqualTo(5);
  }

  @Test
  void anAppThatGoesOnAfterASignalIsWaitedFor() throws Exception {
    var process =
        launch.start(
            List.of(),
            Map.of(),
            "trap 'echo reloaded' HUP; echo $PPID; until read -r line; do :; done; exit 4");
    var pid = firstLine(process);
    assertThat(pid).isEqualTo(Long.toString(process.pid()));
    new ProcessBuilder("kill", "-HUP", pid).start().waitFor();
    assertThat(firstLine(process)).isEqualTo("reloaded");
    process.getOutputStream().write("end\n".getBytes());
    assertThat(launch.end(process).status()).isEqualTo(4);
  }

  @Test
  void itReapsWhatTheAppLeavesBehind() throws Exception {
    var namespace = List.of("unshare", "--pid", "--fork", "--mount-proc");
    assumeTrue(works(namespace), "process namespaces cannot be made here");
    var process =
        launch.start(
            namespace,
            Map.of(),
            """
            echo first $PPID
            ( true & echo $! >orphan )
            while [[ -e /proc/$(<orphan) ]]; do true; done # a zombie would stay there
            echo reaped
            """);
    assertThat(launch.end(process).output()).isEqualTo("first 1\nreaped\n");
  }

  private static boolean works(List<String> prefix) throws InterruptedException {
    try {
      var command = new ArrayList<>(prefix);
      command.add("true");
      return new ProcessBuilder(command).start().waitFor() == 0;
    } catch (IOException missing) {
      return false;
    }
  }

  /** Reads no further than the line, so that the rest is left for whoever reads on. */
  private static String firstLine(Process process) throws IOException {
    var line = new StringBuilder();
    for (int c = process.getInputStream().read();
        c >= 0 && c != '\n';
        c = process.getInputStream().read()) {
      line.append((char) c);
    }
    return line.toString();
  }
}
