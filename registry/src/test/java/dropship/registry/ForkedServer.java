package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The real server in a process of its own, which can be killed, told to stop, and given little
 * memory. Its store is a directory.
 */
final class ForkedServer extends RunningServer {
  /** Starts sooner, and is slower later: for servers that do not live long. */
  static final String STARTS_SOON = "-XX:TieredStopAtLevel=1";

  private static final Pattern LISTENS =
      Pattern.compile("(registry|api|ops) listens on https?://[^: ]+:(\\d+)");

  private final Path log;
  private final Process process;

  private ForkedServer(Path directory, Map<String, String> variables, List<String> javaOptions)
      throws Exception {
    super(directory, variables);
    log = Files.createTempFile(directory, "server", ".log");
    var command = new ArrayList<>(List.of(tool("java"), "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-Dlogback.configurationFile=logback.xml", "-Xshare:auto"));
    command.addAll(javaOptions);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            "dropship.registry.Main",
            "serve",
            "--config",
            configure(directory).toString()));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(local(store()));
    builder.environment().putAll(variables);
    process = builder.redirectOutput(log.toFile()).start();
  }

  /** Starts a server, and waits until it listens. */
  static ForkedServer start(Path directory, Map<String, String> variables, String... javaOptions)
      throws Exception {
    var server = new ForkedServer(directory, variables, List.of(javaOptions));
    try {
      eventually(
          "the server listens",
          () -> {
            assertThat(server.process.isAlive()).as(server.log()).isTrue();
            return server.log().contains("ops listens on");
          });
      return server;
    } catch (Throwable e) {
      server.close();
      throw e;
    }
  }

  private static String tool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }

  /** What the server has said so far. */
  String log() throws IOException {
    return Files.readString(log);
  }

  @Override
  int port(String surface) {
    try {
      return LISTENS
          .matcher(log())
          .results()
          .filter(listens -> listens.group(1).equals(surface))
          .mapToInt(listens -> Integer.parseInt(listens.group(2)))
          .findFirst()
          .orElseThrow(() -> new AssertionError(surface + " does not listen"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Ends the process at once, without telling it (SIGKILL). */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Asks the process to end (SIGTERM). */
  void terminate() {
    process.destroy();
  }

  /** What the process has answered to having been asked to end. */
  int exitStatus(Duration limit) throws Exception {
    assertThat(process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS))
        .as("the process has ended after %s:%n%s", limit, log())
        .isTrue();
    return process.exitValue();
  }

  /** How many bytes of the heap the server still uses once it has thrown away what it can. */
  long liveBytes() throws Exception {
    var histogram =
        new ProcessBuilder(tool("jcmd"), Long.toString(process.pid()), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    try (var lines = histogram.inputReader()) {
      var total = lines.lines().filter(line -> line.startsWith("Total")).findFirst();
      assertThat(total).as(log()).isPresent();
      return Long.parseLong(total.get().split("\\s+")[2]);
    }
  }

  @Override
  void stop() throws Exception {
    terminate();
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      kill();
    }
  }
}
