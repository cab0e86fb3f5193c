package dropship.registry.cli;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code dropship droplet}: droplets and what has become of them. */
@Command(
    name = "droplet",
    description = "Upload droplets and see what has become of them.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {DropletCommand.Push.class, DropletCommand.Show.class})
public final class DropletCommand {

  /** The command that uploads. */
  @Command(
      name = "push",
      description = "Upload a droplet, as the Cloud Controller does.",
      mixinStandardHelpOptions = true,
      footer = {
        "",
        "Example:",
        "  dropship droplet push $(uuidgen) $(sha1sum my-droplet.tgz | cut -c1-40) my-droplet.tgz"
      })
  static final class Push implements Callable<Integer> {
    @Mixin private ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "GUID", description = "the droplet's guid; names the repository")
    private String guid = "";

    @Parameters(paramLabel = "HASH", description = "the droplet's hash; names the tag")
    private String hash = "";

    @Parameters(paramLabel = "FILE", description = "the droplet, a gzipped tar")
    private Path file = Path.of("");

    @Override
    public Integer call() throws IOException, InterruptedException {
      return push(server.connect(), guid, hash, file);
    }
  }

  /** The command that shows. */
  @Command(
      name = "show",
      description = "Show the image of a droplet, or why there is none.",
      mixinStandardHelpOptions = true)
  static final class Show implements Callable<Integer> {
    @Mixin private ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "GUID")
    private String guid = "";

    @Parameters(paramLabel = "HASH")
    private String hash = "";

    @Override
    public Integer call() throws IOException, InterruptedException {
      return show(server.connect(), guid, hash);
    }
  }

  /** Uploads a droplet and says what has become of it. Returns what {@link #show} does. */
  public static int push(ServerClient client, String guid, String hash, Path file)
      throws IOException, InterruptedException {
    client.putForm(Paths.of("droplets", guid, hash), "droplet", file);
    return show(client, guid, hash);
  }

  /** Exit status: 0 = there is an image or will be, 2 = there will be none. */
  private static int show(ServerClient client, String guid, String hash)
      throws IOException, InterruptedException {
    var image = client.get(Paths.of("images", guid, hash));
    System.out.println("droplet   " + image.getString("guid") + "/" + image.getString("hash"));
    System.out.println("size      " + Print.size(image.getLong("size")));
    if (image.containsKey("unsuitable")) {
      System.out.println("no image  " + image.getString("unsuitable"));
      return 2;
    }
    System.out.println("image     " + image.getString("reference"));
    if (image.containsKey("digest")) {
      System.out.println("digest    " + image.getString("digest"));
      System.out.println("rootfs    " + image.getString("rootfs"));
    } else {
      System.out.println("digest    none yet: no root file system is active");
    }
    for (var each : image.getJsonArray("layers")) {
      var layer = (JsonObject) each;
      System.out.printf("layer     %s  %s%n", layer.getString("kind"), Print.layer(layer));
    }
    if (image.containsKey("startCommand")) {
      System.out.println("starts    " + image.getString("startCommand"));
    }
    if (image.containsKey("leftOut")) {
      System.out.println("left out  " + image.getJsonObject("leftOut").encode());
    }
    return 0;
  }
}
