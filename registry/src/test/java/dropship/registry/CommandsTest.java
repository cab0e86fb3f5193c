package dropship.registry;

import static dropship.registry.RunningServer.STACK;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands, as people type them. */
@Timeout(60)
class CommandsTest {
  @TempDir private Path directory;
  @AutoClose private RunningServer server;

  @BeforeEach
  void start() throws Exception {
    server = RunningServer.start(directory);
  }

  private record Result(int status, String out, String err) {}

  /** Runs a command as the user admin. */
  private Result run(String... words) {
    var all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--server", url(), "--user", "admin"));
    all.addAll(List.of("--password-file", directory.resolve("admin.pw").toString()));
    return runAsIs(all.toArray(String[]::new));
  }

  private String url() {
    return "http://127.0.0.1:" + server.port("api");
  }

  private static Result runAsIs(String... words) {
    var out = new ByteArrayOutputStream();
    var err = new StringWriter();
    var before = System.out;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      int status = Main.commandLine(new Main()).setErr(new PrintWriter(err, true)).execute(words);
      return new Result(status, out.toString(StandardCharsets.UTF_8), err.toString());
    } finally {
      System.setOut(before);
    }
  }

  private String file(String name, byte[] content) throws Exception {
    return Files.write(directory.resolve(name), content).toString();
  }

  @Test
  void saysWhichVersionItIs() {
    assertThat(runAsIs("version"))
        .isEqualTo(new Result(0, "dropship " + Version.TEXT + System.lineSeparator(), ""));
  }

  @Test
  void importsListsActivatesAndRemovesRootfs() throws Exception {
    var empty = run("rootfs", "list");
    assertThat(empty.status).isZero();
    assertThat(empty.out).contains("dropship rootfs import");

    var first =
        run("rootfs", "import", STACK, "1.0", file("1.tar", Tars.rootfs("1.0")), "--activate");
    assertThat(first.err).isEmpty();
    assertThat(first.status).isZero();
    assertThat(first.out)
        .contains("imported cflinuxfs4 1.0 (arm64)", "active: cflinuxfs4 1.0")
        .containsPattern("sha256:[0-9a-f]{64}  \\d+ B \\(4\\.\\d KiB unpacked\\)");
    var second =
        run("rootfs", "import", STACK, "1.1", file("2.tar.gz", Tars.gzip(Tars.rootfs("1.1"))));
    assertThat(second.out).contains("imported").doesNotContain("active");
    assertThat(run("rootfs", "activate", STACK, "1.1").out)
        .isEqualToIgnoringNewLines("active: cflinuxfs4 1.1 (before: 1.0)");
    assertThat(run("rootfs", "remove", STACK, "1.0"))
        .isEqualTo(new Result(0, "removed cflinuxfs4 1.0" + System.lineSeparator(), ""));

    assertThat(run("rootfs", "list").out.lines())
        .satisfiesExactly(
            line -> assertThat(line).startsWith("cflinuxfs4 1.0  imported ").contains("  removed "),
            line ->
                assertThat(line)
                    .startsWith("cflinuxfs4 1.1  imported ")
                    .contains("  active since "));
  }

  @Test
  void pushesADropletAndShowsItsImage() throws Exception {
    server.withRootfs("1.0");

    var push = run("droplet", "push", "guid", "hash", file("d.tgz", Tars.droplet("hello")));

    assertThat(push.err).isEmpty();
    assertThat(push.status).isZero();
    var digest = Tars.digest(server.get("/v2/cloudfoundry/guid/manifests/hash").body());
    assertThat(push.out)
        .contains(
            "droplet   guid/hash",
            "image     registry.example.com:5000/cloudfoundry/guid:hash",
            "digest    " + digest,
            "rootfs    cflinuxfs4 1.0",
            "starts    ./start");
    assertThat(run("droplet", "show", "guid", "hash")).isEqualTo(push);
  }

  @Test
  void saysThatAnImageIsStillToCome() throws Exception {
    var push = run("droplet", "push", "guid", "hash", file("d.tgz", Tars.droplet("hello")));

    assertThat(push.status).isZero();
    assertThat(push.out).contains("no root file system is active");
  }

  @Test
  void saysWhyThereIsNoImageAndTellsAScriptByItsStatus() throws Exception {
    var push = run("droplet", "push", "guid", "hash", file("d.tgz", Tars.noise(100)));

    assertThat(push.status).isEqualTo(2);
    assertThat(push.out).contains("no image  not a gzip");
  }

  @Test
  void encodesWhatPeopleTypeSoThatItLeadsNowhereElse() {
    var climbing = run("droplet", "show", "guid", "../rootfs");
    var above = run("droplet", "show", "..", "rootfs");

    assertThat(climbing.status).isEqualTo(1);
    assertThat(climbing.err).contains("%2Frootfs").doesNotContain("Exception");
    assertThat(above.status).isEqualTo(1);
    assertThat(above.err).contains("'..' is not a name");
  }

  @Test
  void saysInOneLineWhatTheServerRefusedAndWhy() throws Exception {
    server.withRootfs("1.0");
    var other = file("other.tar", Tars.rootfs("other"));
    var garbage = file("garbage.tar", Tars.noise(2000));

    for (var refused :
        List.of(
            run("rootfs", "import", STACK, "1.0", other),
            run("rootfs", "import", STACK, "1.1", garbage),
            run("rootfs", "activate", STACK, "9"),
            run("rootfs", "remove", STACK, "1.0"),
            run("rootfs", "remove", STACK, "9"),
            run("droplet", "show", "guid", "hash"))) {
      assertThat(refused.status).isEqualTo(1);
      assertThat(refused.out).isEmpty();
      assertThat(refused.err.lines()).hasSize(1);
      assertThat(refused.err).startsWith("dropship: ").containsPattern(": 4\\d\\d \\w+");
    }
    assertThat(run("rootfs", "remove", STACK, "1.0").err)
        .contains("409", "activate another version");
  }

  @Test
  void saysWhoMayDoIt() {
    var nobody = runAsIs("rootfs", "list", "--server", url());
    assertThat(nobody.status).isEqualTo(1);
    assertThat(nobody.err).contains("401").contains("action admin");

    var pull = directory.resolve("pull.pw").toString();
    var other =
        runAsIs("rootfs", "list", "--server", url(), "--user", "pull", "--password-file", pull);
    assertThat(other.err).contains("403").contains("'pull' lacks the action admin");
  }

  @Test
  void saysWhatIsMissingOnTheCommandLine() {
    assertThat(runAsIs("rootfs", "list", "--server", url(), "--user", "admin").err)
        .contains("--password-file");
    assertThat(runAsIs("rootfs", "list", "--server", "here").err)
        .contains("--server is 'here', expected a URL");
    var missing = directory.resolve("missing").toString();
    assertThat(run("rootfs", "import", STACK, "1.0", missing).err).contains("no file " + missing);
    assertThat(run("droplet", "push", "guid", "hash", missing).err).contains("no file " + missing);
    for (var option : List.of("--password-file", "--ca")) {
      var answer = runAsIs("rootfs", "list", "--server", url(), "--user", "admin", option, missing);
      assertThat(answer.status).isEqualTo(1);
      assertThat(answer.err.lines()).hasSize(1);
      assertThat(answer.err).contains(option.equals("--ca") ? "--password-file" : missing);
    }
  }

  @Test
  void saysThatNobodyListens() throws Exception {
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }

    var answer = runAsIs("rootfs", "list", "--server", "http://127.0.0.1:" + port);

    assertThat(answer.status).isEqualTo(1);
    assertThat(answer.err).startsWith("dropship: cannot reach http://127.0.0.1:" + port);
    assertThat(answer.err.lines()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "rootfs",
        "rootfs nonsense",
        "droplet push",
        "rootfs import a",
        "serve"
      })
  void showsWhatThereIsToWhoTypesSomethingElse(String line) {
    var answer = runAsIs(line.isEmpty() ? new String[0] : line.split(" "));

    assertThat(answer.status).isEqualTo(2);
    assertThat(answer.err).containsPattern("Usage: dropship|Did you mean: dropship");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "serve", "rootfs", "rootfs import", "droplet push", "version"})
  void explainsEveryCommand(String command) {
    var answer = runAsIs((command + " --help").strip().split(" "));

    assertThat(answer.status).isZero();
    assertThat(answer.out).contains("Usage: dropship " + command);
  }

  @Test
  void doesNotServeWithAConfigurationThatIsWrong() throws Exception {
    var config = file("wrong.yml", "registry: {listen: nowhere}\nunknown: 1\n".getBytes());
    var before = System.err;
    var err = new ByteArrayOutputStream();
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      assertThat(runAsIs("serve", "--config", config).status).isEqualTo(1);
    } finally {
      System.setErr(before);
    }
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("wrong.yml has", "registry.listen: is 'nowhere'", "unknown", "api.listen");
  }
}
