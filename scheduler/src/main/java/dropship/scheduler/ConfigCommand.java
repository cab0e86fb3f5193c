package dropship.scheduler;

import dropship.blobstore.settings.InvalidSettings;
import dropship.blobstore.settings.Settings;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code dropship config}. */
@Command(
    name = "config",
    description = "Look at configurations.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = ConfigCommand.Check.class)
final class ConfigCommand {

  /** The command that checks. */
  @Command(
      name = "check",
      description =
          "Read a configuration as the scheduler would, environment variables included, and say"
              + " everything that is wrong with it.",
      mixinStandardHelpOptions = true,
      exitCodeListHeading = "%nExit status:%n",
      exitCodeList = {"0:the scheduler would start with it", "1:it would not"},
      footer = {"", "Example:", "  dropship config check scheduler.yml"})
  static final class Check implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "the configuration")
    private Path file = Path.of("scheduler.yml");

    @Override
    public Integer call() {
      try {
        var settings = Settings.read(file, System.getenv());
        Config.from(settings);
        System.out.println(file + " is fine");
        for (var variable : Config.mistakenVariables(settings)) {
          System.out.println("warning: the variable " + variable + " replaces no key");
        }
        return 0;
      } catch (InvalidSettings e) {
        System.err.println("dropship: " + e.getMessage());
        return 1;
      }
    }
  }
}
