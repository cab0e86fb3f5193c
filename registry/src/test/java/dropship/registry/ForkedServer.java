package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The real server in a process of its own, which can be killed, told to stop, and given little
 * memory. Its store is a directory.
 */
final class ForkedServer extends RunningServer {
  /** Starts sooner, and is slower later: for servers that do not live long. */
  static final String[] STARTS_SOON = {"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"};

  private static final Duration START = Duration.ofMinutes(2);

  private static final Pattern LISTENS =
      Pattern.compile("(registry|api|ops) listens on https?://[^: ]+:(\\d+)");

  private final Path log;
  private final Process process;

  private ForkedServer(
      Path directory, Map<String, String> variables, List<String> javaOptions, boolean isRead)
      throws Exception {
    super(directory, variables);
    log = Files.createTempFile(directory, "server", ".log");
    var command = new ArrayList<>(List.of(tool("java"), "--enable-native-access=ALL-UNNAMED"));
    command.add("-Xshare:auto");
    command.addAll(javaOptions);
    command.addAll(
        List.of(
            "-cp",
            classPath(),
            "dropship.registry.Main",
            "serve",
            "--config",
            configure(directory).toString()));
    var builder = new ProcessBuilder(command).redirectOutput(Redirect.DISCARD);
    builder.environment().putAll(local(store()));
    builder.environment().putAll(variables);
    process = builder.redirectError(isRead ? Redirect.to(log.toFile()) : Redirect.PIPE).start();
  }

  /** Without what tests have there, which turns logs off. */
  private static String classPath() {
    var all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Arrays.stream(all.split(File.pathSeparator))
        .filter(entry -> !entry.endsWith("test-classes"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Starts a server, and waits until it listens. */
  static ForkedServer fork(Path directory, Map<String, String> variables, String... javaOptions)
      throws Exception {
    var server = new ForkedServer(directory, variables, List.of(javaOptions), true);
    try {
      within(
          START,
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

  /** Starts a server whose log nobody reads any more once it listens. */
  static ForkedServer forkUnread(Path directory) throws Exception {
    var server = new ForkedServer(directory, Map.of(), List.of(), false);
    var read = new StringBuilder();
    var lines = server.process.errorReader();
    while (read.indexOf("ops listens on") < 0) {
      var line = lines.readLine();
      assertThat(line).as("%s", read).isNotNull();
      read.append(line).append('\n');
    }
    Files.writeString(server.log, read);
    return server;
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

  /** The same for one that is unread; what it logs until the end is read after a while. */
  Stream<String> terminateAndReadOn() throws InterruptedException {
    process.toHandle().destroy(); // Process.destroy() would close what is to be read
    assertThat(process.waitFor(1, TimeUnit.SECONDS)).isFalse();
    return process.errorReader().lines();
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
