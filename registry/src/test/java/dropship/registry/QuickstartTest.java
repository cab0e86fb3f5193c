package dropship.registry;

import static dropship.registry.RunningServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.settings.Settings;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code dropship quickstart} as people run it: a process of its own. */
@Timeout(180)
@DisabledOnOs(OS.WINDOWS)
class QuickstartTest {
  private static final Duration PATIENCE = Duration.ofSeconds(100);
  private static final int BLOCK = 1 << 20;

  @TempDir private Path directory;
  private final List<Process> processes = new ArrayList<>();
  private int runs;

  @AfterEach
  void stop() {
    processes.forEach(Process::destroyForcibly);
  }

  /** A process, and the file that holds what it says. */
  private record Run(Process process, Path output) {
    String said() throws IOException {
      return Files.readString(output);
    }

    /** Waits until everything has been said. */
    Run ready() throws Exception {
      RunningServer.within(
          PATIENCE,
          "everything is said",
          () -> said().contains("Ctrl-C ends the server") || !process.isAlive());
      assertThat(process.isAlive()).as(said()).isTrue();
      return this;
    }

    int status() throws InterruptedException {
      assertThat(process.waitFor(PATIENCE)).isTrue();
      return process.exitValue();
    }
  }

  /** Runs it with a folder whose name a shell would take for several words. */
  private Run quickstart(String... arguments) throws IOException {
    var output = directory.resolve("output-" + runs++);
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("dropship.registry.Main", "quickstart", "--data", "it's my data"));
    command.addAll(Arrays.asList(arguments));
    var process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    processes.add(process);
    return new Run(process, output);
  }

  private Path data() {
    return directory.resolve("it's my data");
  }

  private String file(String name, byte[] content) throws IOException {
    Files.createDirectories(directory.resolve(name).getParent());
    return Files.write(directory.resolve(name), content).toString();
  }

  /** Pulls the manifest of an image with what the folder holds. */
  private HttpResponse<byte[]> manifest(String image) throws Exception {
    var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    var registry = image.substring(0, image.indexOf('/'));
    try (var pem = Files.newInputStream(data().resolve("certs.d/" + registry + "/ca.crt"))) {
      trusted.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    var password = Files.readString(data().resolve("pull.pw")).strip();
    var path = "/v2/" + image.substring(image.indexOf('/') + 1).replaceFirst(":", "/manifests/");
    try (var client = HttpClient.newBuilder().sslContext(context).build()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("https://" + registry + path))
              .header("Authorization", RunningServer.basic("pull", password))
              .build(),
          BodyHandlers.ofByteArray());
    }
  }

  private static String value(String said, String label) {
    var line = Pattern.compile("(?m)^" + label + " +(\\S+)").matcher(said);
    assertThat(line.find()).as("%s in %s", label, said).isTrue();
    return line.group(1);
  }

  private Map<String, String> settings() throws IOException {
    var files = new TreeMap<String, String>();
    try (var all = Files.list(data())) {
      for (var file : all.filter(Files::isRegularFile).toList()) {
        files.put(
            file.getFileName().toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return files;
  }

  @Test
  void startsFromNothingAndSaysHowToPull() throws Exception {
    var run = quickstart().ready();
    var said = run.said();

    var image = value(said, "image");
    var manifest = manifest(image);
    assertThat(Tars.digest(manifest.body())).isEqualTo(value(said, "digest"));
    assertThat(json(manifest).getJsonArray("layers").encode())
        .as("layers that every client can read")
        .contains("tar+gzip")
        .doesNotContain("zstd");
    var quoted = "'" + data().toString().replace("'", "'\\''");
    assertThat(said)
        .contains(
            "docker login --username pull --password-stdin "
                + image.substring(0, image.indexOf('/'))
                + " < "
                + quoted
                + "/pull.pw'\n",
            "docker pull " + image + "\n",
            "podman pull --cert-dir " + quoted + "/certs.d/localhost:",
            "--creds \"pull:$(cat " + quoted + "/pull.pw')\" " + image + "\n",
            "ctr images pull --hosts-dir " + quoted + "/certs.d' --user",
            "skopeo copy --src-cert-dir " + quoted + "/certs.d/localhost:",
            " oci:sample-image:" + image.substring(image.lastIndexOf(':') + 1) + "\n");
    assertEndsCleanly(run);
  }

  private void assertEndsCleanly(Run run) throws Exception {
    run.process.destroy();

    assertThat(run.status()).as(run.said()).isZero();
    assertThat(run.said())
        .endsWith("Ended. The same command goes on with what is in it's my data.\n")
        .doesNotContain("Exception", "\tat ");
  }

  @Test
  void goesOnWithWhatThereIsEvenAfterACrash() throws Exception {
    var rootfs = file("rootfs.tar", Tars.rootfs("1.0"));
    var first = quickstart("--rootfs", rootfs, file("a/app.tgz", Tars.droplet("a"))).ready();
    first.process.destroyForcibly().waitFor();
    var before = settings();

    var second =
        quickstart(file("b/app.tgz", Tars.droplet("b")), file("a/app.tgz", Tars.droplet("a")))
            .ready();

    assertThat(settings()).isEqualTo(before);
    assertThat(second.said())
        .contains("root file system  " + value(first.said(), "root file system"))
        .doesNotContain("imported");
    var digests = Pattern.compile("(?m)^digest +(\\S+)").matcher(second.said());
    assertThat(digests.results().map(found -> found.group(1)))
        .hasSize(2)
        .last()
        .isEqualTo(value(first.said(), "digest"));
    assertThat(manifest(value(second.said(), "image")).statusCode()).isEqualTo(200);
    assertEndsCleanly(second);
  }

  @Test
  void takesAnotherRootfsWhenItIsGiven() throws Exception {
    var first = quickstart("--rootfs", file("1.tar", Tars.rootfs("1"))).ready();
    assertEndsCleanly(first);

    var second = quickstart("--rootfs", file("2.tar", Tars.rootfs("2"))).ready();

    assertThat(second.said()).contains("(before: " + value(first.said(), "root file system") + ")");
    assertThat(value(second.said(), "digest")).isNotEqualTo(value(first.said(), "digest"));
  }

  @Test
  void endsAtOnceEvenWhileItUploads() throws Exception {
    var run = quickstart("--rootfs", largeRootfs());
    var partial = data().resolve("data/.dropship/partial");
    RunningServer.within(
        PATIENCE, "the upload has begun", () -> Files.exists(partial) && !isEmpty(partial));

    assertEndsCleanly(run);

    assertThat(run.said()).doesNotContain("imported", "Ctrl-C ends the server");
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }

  /** So large that importing it takes seconds. */
  private String largeRootfs() throws IOException {
    var file = directory.resolve("large.tar");
    var noise = Tars.noise(BLOCK);
    try (var tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      var entry = new TarArchiveEntry("large");
      entry.setSize(400L * BLOCK);
      tar.putArchiveEntry(entry);
      for (int i = 0; i < 400; i++) {
        tar.write(noise);
      }
      tar.closeArchiveEntry();
    }
    return file.toString();
  }

  @Test
  void refusesToServeAFolderThatIsServedAlready() throws Exception {
    quickstart("--rootfs", file("rootfs.tar", Tars.rootfs("1.0"))).ready();

    var second = quickstart();

    assertThat(second.status()).isEqualTo(1);
    assertThat(second.said())
        .contains("another server uses it", data().resolve("dropship.yml").toString(), "--data")
        .doesNotContain("Exception", "\tat ");
  }

  @Test
  void saysWhichPortIsInUseAndWhereToChangeIt() throws Exception {
    assertEndsCleanly(quickstart("--rootfs", file("rootfs.tar", Tars.rootfs("1.0"))).ready());
    var config = data().resolve("dropship.yml");
    var address = Settings.read(config, Map.of()).section("api").address("listen");

    try (var _ = new ServerSocket(address.port())) {
      var second = quickstart();

      assertThat(second.status()).isEqualTo(1);
      assertThat(second.said())
          .contains("api.listen: cannot listen on " + address, config.toString())
          .doesNotContain("Exception", "\tat ");
    }
  }

  @Test
  void startsNothingIfSomeFileIsNoDroplet() throws Exception {
    var droplet = file("app.tgz", Tars.droplet("a"));
    var text = file("app.txt", "text".getBytes());

    var run = quickstart("--rootfs", "no-rootfs.tar", droplet, text, "no-droplet.tgz", ".");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.said().lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("--rootfs no-rootfs.tar", "no such file"),
            line -> assertThat(line).contains(text, "not a gzipped tar"),
            line -> assertThat(line).contains("no-droplet.tgz", "no such file"),
            line -> assertThat(line).contains(".: a directory"));
    assertThat(data()).doesNotExist();
  }

  @Test
  void goesOnWithoutADropletThatCannotBecomeAnImage() throws Exception {
    var whole = Tars.bulkyDroplet(100_000);
    var cut = Arrays.copyOf(whole, 90_000);

    var run =
        quickstart(
                "--rootfs",
                file("rootfs.tar", Tars.rootfs("1.0")),
                file("cut.tgz", cut),
                file("whole.tgz", whole))
            .ready();

    assertThat(run.said()).containsPattern("no image  .+").doesNotContain("oci:cut-image");
    assertThat(manifest(value(run.said(), "image")).statusCode()).isEqualTo(200);
  }
}
