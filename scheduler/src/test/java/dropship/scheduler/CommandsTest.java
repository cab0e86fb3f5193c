package dropship.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands, as people type them. */
@Timeout(60)
class CommandsTest {
  @TempDir private Path directory;

  private record Result(int status, String out, String err) {}

  private static Result run(String... words) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var outBefore = System.out;
    var errBefore = System.err;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      int status = Main.commandLine().setErr(new PrintWriter(System.err, true)).execute(words);
      return new Result(
          status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(outBefore);
      System.setErr(errBefore);
    }
  }

  private String file(String content) throws Exception {
    return Files.writeString(directory.resolve("scheduler.yml"), content).toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "scheduler", "config", "config check"})
  void explainsEveryCommand(String command) {
    var answer = run((command + " --help").strip().split(" "));

    assertThat(answer.status).isZero();
    assertThat(answer.out).containsPattern(Pattern.quote(("Usage: dropship " + command).strip()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nonsense", "scheduler", "config", "config check"})
  void showsWhatThereIsToWhoTypesSomethingElse(String line) {
    var answer = run(line.isEmpty() ? new String[0] : line.split(" "));

    assertThat(answer.status).isEqualTo(2);
    assertThat(answer.err).containsPattern("Usage: dropship|Did you mean: dropship");
  }

  @Test
  void printsAllKeys() {
    assertThat(run("scheduler", "--reference"))
        .isEqualTo(new Result(0, ConfigReference.markdown(), ""));
  }

  @Test
  void saysEverythingThatIsWrongWithAConfiguration() throws Exception {
    var wrong = file("opi: {listen: nowhere}\nunknown: 1\n");

    for (var answer :
        new Result[] {run("config", "check", wrong), run("scheduler", "--config", wrong)}) {
      assertThat(answer.status).isEqualTo(1);
      assertThat(answer.err)
          .startsWith("dropship: ")
          .contains("opi.listen: is 'nowhere'", "ops.listen", "registry.api", "unknown");
    }
    assertThat(run("config", "check", file(RunningScheduler.CONFIG)).out).contains("is fine");
  }

  @Test
  void saysInOneLineThatItCannotListen() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      var address = "127.0.0.1:" + taken.getLocalPort();
      var config = file(RunningScheduler.CONFIG.replaceFirst("127.0.0.1:0", address));

      var answer = run("scheduler", "--config", config);

      assertThat(answer.status).isEqualTo(1);
      assertThat(answer.err.lines().filter(line -> line.startsWith("dropship: ")))
          .singleElement()
          .asString()
          .startsWith("dropship: opi.listen: cannot listen on " + address);
    }
  }
}
