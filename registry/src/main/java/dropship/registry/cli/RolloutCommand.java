package dropship.registry.cli;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dropship rollout}: how running apps move to the active root file system. */
@Command(
    name = "rollout",
    description = "See and steer how running apps move to the active root file system.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RolloutCommand.Status.class,
      RolloutCommand.Pause.class,
      RolloutCommand.Resume.class,
      RolloutCommand.Undo.class
    },
    footer = {
      "",
      "A roll-out begins when a version is activated:",
      "  dropship rootfs activate cflinuxfs4 1.200.0",
      "  dropship rollout status --watch",
      "It pauses by itself when an app does not come up on it. Then either go back, or go on without"
          + " that app:",
      "  dropship rollout undo --watch",
      "  dropship rollout resume --watch",
      "Apps and spaces are left alone by a label on their StatefulSet or namespace:",
      "  kubectl label namespace cf-space dropship/rollout=excluded",
      "  kubectl label namespace cf-space dropship/pin=1.199.0"
    })
public final class RolloutCommand {

  /** What all of them can do after what they do. */
  abstract static class Steering implements Callable<Integer> {
    @Mixin private SchedulerOptions server = new SchedulerOptions();
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--watch", description = "show how it goes until it is done or paused")
    private boolean watch;

    @Option(names = "--json", description = "print the answer as JSON")
    private boolean json;

    /** Does what there is to do, and answers how far the roll-out has come. */
    abstract JsonObject act(ServerClient scheduler) throws IOException, InterruptedException;

    /** Whether it only asks, so that the exit status is the answer. */
    boolean isQuestion() {
      return watch;
    }

    /** Exit status: 0 = done or under way, 1 = paused or failed, where that is the question. */
    @Override
    public Integer call() throws IOException, InterruptedException {
      var scheduler = server.connect();
      var out = spec.commandLine().getOut();
      var status = new RolloutProgress(act(scheduler));
      if (watch) {
        status = new RolloutWatch(scheduler, out, RolloutWatch.isTerminal() && !json).until(status);
      }
      out.print(json ? status.json().encodePrettily() + "\n" : status.text());
      out.flush();
      return isQuestion() && (status.isPaused() || status.hasFailed()) ? 1 : 0;
    }
  }

  /** The command that shows. */
  @Command(
      name = "status",
      description =
          "Show how many apps are where. Exits with 1 if it is paused or apps have failed.",
      mixinStandardHelpOptions = true,
      footer = {
        "",
        "Examples:",
        "  dropship rollout status --watch",
        "  dropship rollout status --json"
      })
  static final class Status extends Steering {
    @Override
    boolean isQuestion() {
      return true;
    }

    @Override
    JsonObject act(ServerClient scheduler) throws IOException, InterruptedException {
      return scheduler.get("/rollout");
    }
  }

  /** The command that pauses. */
  @Command(
      name = "pause",
      description = "Move no more apps until resumed; those that are on their way arrive.",
      mixinStandardHelpOptions = true,
      footer = {"", "Example:", "  dropship rollout pause --reason 'until Monday'"})
  static final class Pause extends Steering {
    @Option(names = "--reason", paramLabel = "TEXT", description = "shown to others")
    private String reason = "";

    @Override
    JsonObject act(ServerClient scheduler) throws IOException, InterruptedException {
      return scheduler.post("/rollout/pause" + query("reason", reason));
    }
  }

  /** The command that resumes. */
  @Command(
      name = "resume",
      description = "Go on, without the apps that have not come up.",
      mixinStandardHelpOptions = true,
      footer = {"", "Example:", "  dropship rollout resume --watch"})
  static final class Resume extends Steering {
    @Override
    JsonObject act(ServerClient scheduler) throws IOException, InterruptedException {
      return scheduler.post("/rollout/resume");
    }
  }

  /** The command that goes back. */
  @Command(
      name = "undo",
      description =
          "Activate the version that was active before, so that all apps go back to it. A person's"
              + " pause holds all the same.",
      mixinStandardHelpOptions = true,
      footer = {"", "Example:", "  dropship rollout undo --watch"})
  static final class Undo extends Steering {
    @Option(names = "--stack", paramLabel = "STACK", description = "default: the default stack")
    private String stack = "";

    @Override
    JsonObject act(ServerClient scheduler) throws IOException, InterruptedException {
      return scheduler.post("/rollout/undo" + query("stack", stack));
    }
  }

  private static String query(String name, String value) {
    return value.isEmpty()
        ? ""
        : "?" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
