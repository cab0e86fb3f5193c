package dropship.registry;

import dropship.registry.cli.DropletCommand;
import dropship.registry.cli.GcCommand;
import dropship.registry.cli.RolloutCommand;
import dropship.registry.cli.RootfsCommand;
import dropship.registry.cli.ServerRefused;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code dropship} command. */
@Command(
    name = "dropship",
    description =
        "An OCI registry that turns Cloud Foundry droplets into images as they are uploaded.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.VersionProvider.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "The scheduler, which runs apps on Kubernetes, is a program of its own:",
      "  dropship scheduler --help"
    },
    subcommands = {
      QuickstartCommand.class,
      ServeCommand.class,
      RootfsCommand.class,
      DropletCommand.class,
      GcCommand.class,
      RolloutCommand.class,
      ConfigCommand.class,
      Main.VersionCommand.class
    })
public final class Main implements Runnable {
  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  public static void main(String[] arguments) {
    System.exit(commandLine(new Main()).execute(arguments));
  }

  static CommandLine commandLine(Object command) {
    return new CommandLine(command).setExecutionExceptionHandler(Main::explain);
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
  }

  /** What a person can do something about is said in one line; anything else is our bug. */
  private static int explain(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    var message =
        switch (failure) {
          case ServerRefused refused -> refused.getMessage();
          case IOException io -> String.valueOf(io);
          default -> null;
        };
    if (message == null) {
      failure.printStackTrace(command.getErr());
    } else {
      command.getErr().println("dropship: " + message);
    }
    return 1;
  }

  static final class VersionProvider implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"dropship " + Version.TEXT};
    }
  }

  /** {@code dropship version}. */
  @Command(
      name = "version",
      description = "Print which version this is.",
      mixinStandardHelpOptions = true)
  static final class VersionCommand implements Runnable {
    @Override
    public void run() {
      System.out.println("dropship " + Version.TEXT);
    }
  }
}
