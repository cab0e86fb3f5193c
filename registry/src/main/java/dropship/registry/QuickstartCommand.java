package dropship.registry;

import dropship.blobstore.content.Digest;
import dropship.blobstore.settings.InvalidSettings;
import dropship.registry.cli.DropletCommand;
import dropship.registry.cli.RootfsCommand;
import dropship.registry.quickstart.Certificate;
import dropship.registry.quickstart.PrivateFile;
import dropship.registry.quickstart.SampleDroplet;
import dropship.registry.quickstart.SmallRootfs;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dropship quickstart}: from nothing to an image that runs. */
@Command(
    name = "quickstart",
    description =
        "Run a server with TLS, passwords and something to pull, and say how to pull and run it."
            + " Running it again keeps what there is.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  dropship quickstart",
      "  dropship quickstart --rootfs cflinuxfs4.tar my-droplet.tgz"
    })
final class QuickstartCommand implements Callable<Integer> {
  private static final String STACK = "cflinuxfs4";
  private static final int CANNOT_START = 1;
  private static final String CONFIG =
      """
      # Made by dropship quickstart; yours to change. README.md has all keys.
      registry:
        listen: localhost:5000
        tls: {certificate: tls.crt, key: tls.key}
        users: [{name: pull, passwordFile: pull.pw, actions: [pull]}]
      api:
        listen: 127.0.0.1:8080
        users: [{name: admin, passwordFile: admin.pw, actions: [admin]}]
      ops: {listen: 127.0.0.1:9090}
      store: {type: local, path: data}
      rootfs: {stack: cflinuxfs4}
      """;

  @Option(
      names = "--rootfs",
      paramLabel = "FILE",
      description =
          "a tar of a root file system; without it a small one is made of this machine's programs")
  private @Nullable Path rootfs;

  @Option(
      names = "--data",
      paramLabel = "FOLDER",
      defaultValue = "dropship-data",
      description = "where configuration, passwords and data are kept (default: ${DEFAULT-VALUE})")
  private Path folder = Path.of("dropship-data");

  @Parameters(paramLabel = "DROPLET", description = "droplets to upload; without any, a sample")
  private List<Path> droplets = new ArrayList<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    prepare();
    Server server;
    try {
      var config = Config.read(folder.resolve("dropship.yml"), System.getenv());
      config.logs().use();
      server = Server.start(config);
    } catch (InvalidSettings | IllegalStateException e) {
      System.err.println("dropship: " + e.getMessage());
      System.err.println("dropship: ports and paths are in " + folder.resolve("dropship.yml"));
      return CANNOT_START;
    }
    var stopped = ServeCommand.stopOnSignal(server);
    var api = "http://127.0.0.1:" + server.port("api");
    if (importRootfs(api) != 0) {
      server.stop();
      return CANNOT_START;
    }
    var guide = new Guide(folder.toAbsolutePath().normalize(), registry(server), api);
    System.out.println(guide.credentials());
    for (var droplet : droplets.isEmpty() ? List.of(sample()) : droplets) {
      var name = nameOf(droplet);
      var hash = sha1(droplet);
      System.out.println();
      int status = run(api, new DropletCommand(), "push", name, hash, droplet.toString());
      System.out.println(status == 0 ? guide.howToRun(name, hash) : "");
    }
    System.out.println(guide.ending(folder));
    stopped.await();
    return 0;
  }

  private static String registry(Server server) {
    return "localhost:" + server.port("registry");
  }

  private int importRootfs(String api) throws IOException, InterruptedException {
    if (rootfs != null) {
      var version = sha1(rootfs).substring(0, 12);
      return run(
          api, new RootfsCommand(), "import", STACK, version, rootfs.toString(), "--activate");
    }
    var small = folder.resolve("small-rootfs.tar");
    SmallRootfs.write(small);
    var version = "small-" + sha1(small).substring(0, 12);
    int status =
        run(api, new RootfsCommand(), "import", STACK, version, small.toString(), "--activate");
    Files.delete(small);
    System.out.println(Guide.aboutSmallRootfs(SmallRootfs.canRun()));
    return status;
  }

  private Path sample() throws IOException {
    var file = folder.resolve("sample.tgz");
    SampleDroplet.write(file);
    return file;
  }

  private int run(String api, Object command, String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(
        List.of(
            "--server",
            api,
            "--user",
            "admin",
            "--password-file",
            folder.resolve("admin.pw").toString()));
    return Main.commandLine(command).execute(all.toArray(String[]::new));
  }

  /** A repository's name, made of a file's. */
  private static String nameOf(Path droplet) {
    var name = String.valueOf(droplet.getFileName()).toLowerCase(Locale.ROOT);
    var plain = name.replaceAll("\\.(tgz|tar\\.gz|droplet)$", "").replaceAll("[^a-z0-9]+", "-");
    var stripped = plain.replaceAll("^-+|-+$", "");
    return stripped.isEmpty() ? "droplet" : stripped;
  }

  private static String sha1(Path file) throws IOException {
    var hash = Digest.sha1();
    try (InputStream bytes = new DigestInputStream(Files.newInputStream(file), hash)) {
      bytes.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(hash.digest());
  }

  /** Makes what is not there yet, and leaves alone what is. */
  private void prepare() throws IOException, InterruptedException {
    PrivateFile.makeDirectory(folder);
    for (var user : List.of("pull", "admin")) {
      if (!Files.exists(folder.resolve(user + ".pw"))) {
        PrivateFile.write(folder.resolve(user + ".pw"), PrivateFile.newPassword() + "\n");
      }
    }
    var certificate = folder.resolve("tls.crt");
    if (!Files.exists(certificate)) {
      Files.deleteIfExists(folder.resolve("tls.key"));
      Certificate.write(certificate, folder.resolve("tls.key"));
    }
    // podman and skopeo take a folder of authorities, in which there must be nothing else.
    Files.createDirectories(folder.resolve("ca"));
    Files.copy(certificate, folder.resolve("ca/ca.crt"), StandardCopyOption.REPLACE_EXISTING);
    if (!Files.exists(folder.resolve("dropship.yml"))) {
      Files.writeString(folder.resolve("dropship.yml"), CONFIG);
    }
  }
}
