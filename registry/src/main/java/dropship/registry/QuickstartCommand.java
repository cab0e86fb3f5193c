package dropship.registry;

import dropship.blobstore.content.Digest;
import dropship.blobstore.server.Tls;
import dropship.blobstore.settings.InvalidSettings;
import dropship.registry.cli.ClientTls;
import dropship.registry.cli.DropletCommand;
import dropship.registry.cli.RootfsCommand;
import dropship.registry.cli.ServerClient;
import dropship.registry.cli.ServerRefused;
import dropship.registry.quickstart.DataFolder;
import dropship.registry.quickstart.DropletFile;
import dropship.registry.quickstart.FreePort;
import dropship.registry.quickstart.SampleDroplet;
import dropship.registry.quickstart.SmallRootfs;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
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
  private static final int CANNOT_START = 1;
  private static final int FIRST_APP_PORT = 8081;

  @Option(
      names = "--rootfs",
      paramLabel = "FILE",
      description =
          "a tar of a root file system; without it a small one is made of this machine's programs,"
              + " unless there is one from an earlier start")
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
    var mistakes = mistakes();
    mistakes.forEach(mistake -> System.err.println("dropship: " + mistake));
    if (!mistakes.isEmpty()) {
      return ExitCode.USAGE;
    }
    var goodbye = "Ended. The same command goes on with what is in " + folder + ".";
    try (var ending = Ending.onSignal(goodbye)) {
      return run(ending);
    }
  }

  /** What is wrong with the files that were named, all of it, before anything is started. */
  private List<String> mistakes() {
    var mistakes = new ArrayList<String>();
    Optional.ofNullable(rootfs)
        .flatMap(DropletFile::problemWith)
        .ifPresent(problem -> mistakes.add("--rootfs " + rootfs + ": " + problem));
    for (var droplet : droplets) {
      new DropletFile(droplet)
          .problem()
          .ifPresent(problem -> mistakes.add(droplet + ": " + problem));
    }
    return mistakes;
  }

  private int run(Ending ending) throws IOException, InterruptedException {
    var data = new DataFolder(folder.toAbsolutePath().normalize());
    data.fill();
    Config config;
    Server server;
    try {
      config = Config.read(data.config(), System.getenv());
      config.logs().use();
      server = Server.start(config);
    } catch (InvalidSettings | IllegalStateException | IOException e) {
      ending.close();
      System.err.println("dropship: " + e.getMessage());
      System.err.println(
          "dropship: ports and paths are in %s; --data FOLDER begins anew in another folder"
              .formatted(data.config()));
      return CANNOT_START;
    }
    ending.stopFirst(server);
    try {
      data.trust(config.registryName());
      bring(clientOf(config, server, data), new Guide(data, config.registryName()));
      ending.await();
      return ExitCode.OK;
    } finally {
      ending.close();
      server.stop();
    }
  }

  private static ServerClient clientOf(Config config, Server server, DataFolder data)
      throws IOException {
    var tls = config.api().tls();
    var url = (tls.isPresent() ? "https" : "http") + "://127.0.0.1:" + server.port("api");
    return new ServerClient(
        URI.create(url),
        Optional.of("admin"),
        Optional.of(data.password("admin")),
        new ClientTls(tls.map(Tls::certificate), Optional.empty(), Optional.empty()));
  }

  /** Uploads what was given, and says how to run what has become of it. */
  private void bring(ServerClient client, Guide guide) throws IOException, InterruptedException {
    var version = bringRootfs(client, guide.data());
    System.out.println(guide.aboutRootfs(version));
    System.out.println(guide.credentials(client.server()));
    int port = FIRST_APP_PORT;
    for (var droplet : droplets.isEmpty() ? List.of(sample(guide.data())) : droplets) {
      var name = new DropletFile(droplet).name();
      var hash = sha1(droplet);
      System.out.printf("%n%s%n", droplet);
      if (becomesImage(client, name, hash, droplet)) {
        port = FreePort.from(port);
        System.out.println(guide.howToRun(name, hash, !SmallRootfs.isEmpty(version), port++));
      }
    }
    System.out.println("\nCtrl-C ends the server.");
  }

  private static boolean becomesImage(ServerClient client, String name, String hash, Path droplet)
      throws IOException, InterruptedException {
    try {
      return DropletCommand.push(client, name, hash, droplet) == ExitCode.OK;
    } catch (ServerRefused e) {
      System.out.println("no image  " + e.getMessage());
      return false;
    }
  }

  /**
   * Sees to it that a root file system is active: the given one, else the one that is, else a small
   * one. Returns its version.
   */
  private String bringRootfs(ServerClient client, DataFolder data)
      throws IOException, InterruptedException {
    var catalog = client.get("/rootfs");
    var stack = catalog.getString("defaultStack");
    var known = catalog.getJsonObject("stacks").getJsonObject(stack, new JsonObject());
    var active = Optional.ofNullable(known.getString("active"));
    if (rootfs != null) {
      var version = shortHash(rootfs);
      if (!active.equals(Optional.of(version))) {
        importRootfs(client, stack, version, rootfs);
      }
      return version;
    }
    if (active.isPresent()) {
      return active.get();
    }
    var small = SmallRootfs.ofThisMachine();
    small
        .whyEmpty()
        .ifPresent(why -> System.out.println("no programs for a root file system: " + why));
    var tar = data.path().resolve("small-rootfs.tar");
    try {
      small.write(tar);
      var version = small.version(shortHash(tar));
      importRootfs(client, stack, version, tar);
      return version;
    } finally {
      Files.deleteIfExists(tar);
    }
  }

  private static void importRootfs(ServerClient client, String stack, String version, Path file)
      throws IOException, InterruptedException {
    RootfsCommand.importVersion(client, stack, version, file);
    RootfsCommand.activate(client, stack, version);
  }

  private static Path sample(DataFolder data) throws IOException {
    var file = data.path().resolve("sample.tgz");
    SampleDroplet.write(file);
    return file;
  }

  private static String shortHash(Path file) throws IOException {
    return sha1(file).substring(0, 12);
  }

  private static String sha1(Path file) throws IOException {
    var hash = Digest.sha1();
    try (InputStream bytes = new DigestInputStream(Files.newInputStream(file), hash)) {
      bytes.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(hash.digest());
  }
}
