package dropship.registry.cli;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dropship rootfs}: the root file systems that apps run on. */
@Command(
    name = "rootfs",
    description = "Import root file systems and choose the one apps run on.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RootfsCommand.Import.class,
      RootfsCommand.List.class,
      RootfsCommand.Activate.class,
      RootfsCommand.Remove.class
    })
public final class RootfsCommand {

  /** The command that imports. */
  @Command(
      name = "import",
      description = "Import a tar of a root file system, plain or compressed by gzip or zstd.",
      mixinStandardHelpOptions = true,
      footer = {
        "",
        "Example:",
        "  docker export $(docker create cloudfoundry/cflinuxfs4) > cflinuxfs4.tar",
        "  dropship rootfs import cflinuxfs4 1.200.0 cflinuxfs4.tar --activate"
      })
  static final class Import implements Callable<Integer> {
    @Mixin private ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "STACK", description = "such as cflinuxfs4")
    private String stack = "";

    @Parameters(paramLabel = "VERSION", description = "letters, digits, '.', '_' and '-'")
    private String version = "";

    @Parameters(paramLabel = "FILE", description = "the tar")
    private Path file = Path.of("");

    @Option(names = "--activate", description = "make it the version that new images use")
    private boolean activate;

    @Override
    public Integer call() throws IOException, InterruptedException {
      var client = server.connect();
      importVersion(client, stack, version, file);
      return activate ? activate(client, stack, version) : 0;
    }
  }

  /** The command that lists. */
  @Command(
      name = "list",
      description = "List what has been imported.",
      mixinStandardHelpOptions = true)
  static final class List implements Callable<Integer> {
    @Mixin private ServerOptions server = new ServerOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
      var stacks = server.connect().get("/rootfs").getJsonObject("stacks");
      if (stacks.isEmpty()) {
        System.out.println(
            "none; import one with: dropship rootfs import STACK VERSION FILE --activate");
      }
      for (var name : stacks.fieldNames()) {
        var stack = stacks.getJsonObject(name);
        for (var each : stack.getJsonArray("versions")) {
          var version = (JsonObject) each;
          boolean active = version.getString("version").equals(stack.getString("active"));
          System.out.printf(
              "%s %s  imported %s%s%s%n",
              name,
              version.getString("version"),
              version.getString("imported"),
              active ? "  active since " + stack.getString("since") : "",
              version.containsKey("removed") ? "  removed " + version.getString("removed") : "");
        }
      }
      return 0;
    }
  }

  /** The command that activates. */
  @Command(
      name = "activate",
      description =
          "Make a version the one that new images use. Takes effect at once, for all apps.",
      mixinStandardHelpOptions = true)
  static final class Activate implements Callable<Integer> {
    @Mixin private ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "STACK")
    private String stack = "";

    @Parameters(paramLabel = "VERSION")
    private String version = "";

    @Override
    public Integer call() throws IOException, InterruptedException {
      return activate(server.connect(), stack, version);
    }
  }

  /** The command that removes. */
  @Command(
      name = "remove",
      description = "Make no new use of a version. What has pinned it goes on for the retention.",
      mixinStandardHelpOptions = true)
  static final class Remove implements Callable<Integer> {
    @Mixin private ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "STACK")
    private String stack = "";

    @Parameters(paramLabel = "VERSION")
    private String version = "";

    @Override
    public Integer call() throws IOException, InterruptedException {
      server.connect().delete(Paths.of("rootfs", stack, version));
      System.out.printf("removed %s %s%n", stack, version);
      return 0;
    }
  }

  /** Imports a file and says what has become of it. */
  public static void importVersion(ServerClient client, String stack, String version, Path file)
      throws IOException, InterruptedException {
    var imported = client.put(Paths.of("rootfs", stack, version), file);
    System.out.printf("imported %s %s (%s)%n", stack, version, imported.getString("architecture"));
    for (var layer : imported.getJsonArray("layers")) {
      System.out.println("  " + Print.layer((JsonObject) layer));
    }
  }

  /** Activates a version and says which was active before. */
  public static int activate(ServerClient client, String stack, String version)
      throws IOException, InterruptedException {
    var active =
        client.put(Paths.of("rootfs", stack, "active"), new JsonObject().put("version", version));
    System.out.printf(
        "active: %s %s%s%n",
        stack,
        active.getString("version"),
        active.containsKey("previous") ? " (before: " + active.getString("previous") + ")" : "");
    return 0;
  }
}
