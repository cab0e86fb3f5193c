package dropship.registry;

import dropship.blobstore.server.Shutdown;
import dropship.blobstore.settings.InvalidSettings;
import dropship.blobstore.settings.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dropship serve}. */
@Command(
    name = "serve",
    description = "Run the server.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Every key of the file can be replaced by an environment variable: registry.listen by"
          + " DROPSHIP_REGISTRY_LISTEN.",
      "",
      "Example:",
      "  dropship serve --config dropship.yml"
    })
final class ServeCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);
  private static final int CANNOT_START = 1;

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "the configuration")
  private Path file = Path.of("dropship.yml");

  @Override
  public Integer call() throws Exception {
    Server server;
    try {
      var settings = Settings.read(file, System.getenv());
      var config = Config.from(settings);
      config.logs().use();
      warnOf(Config.mistakenVariables(settings));
      server = Server.start(config);
    } catch (InvalidSettings | IllegalStateException | IOException e) {
      System.err.println("dropship: " + e.getMessage());
      return CANNOT_START;
    }
    Shutdown.onSignal(server::stop).await();
    return 0;
  }

  private static void warnOf(List<String> variables) {
    if (!variables.isEmpty()) {
      LOG.warn("these variables replace no key of the configuration: {}", variables);
    }
  }
}
