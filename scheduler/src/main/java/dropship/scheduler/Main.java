package dropship.scheduler;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code dropship} command, as far as it is about the scheduler. */
@Command(
    name = "dropship",
    description = "Runs Cloud Foundry's apps on Kubernetes, from images pinned to their digests.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.VersionProvider.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {SchedulerCommand.class, ConfigCommand.class})
public final class Main implements Runnable {
  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main());
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
  }

  static final class VersionProvider implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"dropship " + Version.TEXT};
    }
  }
}
