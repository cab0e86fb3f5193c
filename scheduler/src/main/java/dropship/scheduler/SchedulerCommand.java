package dropship.scheduler;

import dropship.blobstore.server.Shutdown;
import dropship.blobstore.settings.InvalidSettings;
import dropship.blobstore.settings.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dropship scheduler}. */
@Command(
    name = "scheduler",
    description = "Run the scheduler, which Cloud Controller has apps and tasks run by.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Every key of the file can be replaced by an environment variable: kubernetes.namespace by"
          + " DROPSHIP_KUBERNETES_NAMESPACE.",
      "",
      "Examples:",
      "  dropship config check scheduler.yml",
      "  dropship scheduler --config scheduler.yml",
      "  dropship scheduler --reference"
    })
final class SchedulerCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(SchedulerCommand.class);
  private static final int CANNOT_START = 1;

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "the configuration")
  private Path file = Path.of("scheduler.yml");

  @Option(
      names = "--reference",
      help = true,
      description = "print all keys of the configuration with their defaults, in Markdown")
  private boolean reference;

  @Override
  public Integer call() throws Exception {
    if (reference) {
      System.out.print(ConfigReference.markdown());
      return 0;
    }
    Scheduler scheduler;
    try {
      var settings = Settings.read(file, System.getenv());
      var config = Config.from(settings);
      config.logs().use();
      var mistaken = Config.mistakenVariables(settings);
      if (!mistaken.isEmpty()) {
        LOG.warn("these variables replace no key of the configuration: {}", mistaken);
      }
      scheduler =
          Scheduler.start(
              config, (vertx, metrics) -> KubernetesBackend.open(config, vertx, metrics));
    } catch (InvalidSettings | IllegalStateException | IOException e) {
      System.err.println("dropship: " + e.getMessage());
      return CANNOT_START;
    }
    Shutdown.onSignal(scheduler::stop).await();
    return 0;
  }
}
