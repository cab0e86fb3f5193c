package dropship.registry.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;

/** Shows how a roll-out goes: a bar on a terminal, elsewhere a line whenever something changes. */
final class RolloutWatch {
  private static final int WIDTH = 30;
  private static final Duration POLL = Duration.ofSeconds(1);

  /** What has just been activated is seen everywhere within this time. */
  private static final int LOOKS_AT_THE_END = 3;

  /** A scheduler may be restarted meanwhile. */
  private static final int MOST_FAILURES = 60;

  private final ServerClient scheduler;
  private final PrintWriter out;
  private final boolean terminal;
  private String shown = "";

  RolloutWatch(ServerClient scheduler, PrintWriter out, boolean terminal) {
    this.scheduler = scheduler;
    this.out = out;
    this.terminal = terminal;
  }

  @SuppressWarnings("SystemConsoleNull") // without a terminal it may still be
  static boolean isTerminal() {
    var console = System.console();
    return console != null && console.isTerminal();
  }

  /** Ends with a status that is done or paused. */
  RolloutProgress until(RolloutProgress first) throws IOException, InterruptedException {
    var now = first;
    int done = now.isDone() ? 1 : 0;
    while (!now.isPaused() && done < LOOKS_AT_THE_END) {
      show(now);
      Thread.sleep(POLL);
      now = look();
      done = now.isDone() ? done + 1 : 0;
    }
    show(now);
    if (terminal) {
      out.print("\r" + " ".repeat(WIDTH + 50) + "\r");
    }
    return now;
  }

  private RolloutProgress look() throws IOException, InterruptedException {
    for (int failures = 1; ; failures++) {
      try {
        return new RolloutProgress(scheduler.get("/rollout"));
      } catch (ServerRefused | IOException e) {
        if (failures == MOST_FAILURES) {
          throw e;
        }
        Thread.sleep(POLL);
      }
    }
  }

  private void show(RolloutProgress now) {
    var line = now.line();
    if (terminal) {
      int done = now.all() == 0 ? WIDTH : (int) ((long) now.arrived() * WIDTH / now.all());
      out.printf("\r[%s%s] %-40s", "#".repeat(done), " ".repeat(WIDTH - done), line);
    } else if (!line.equals(shown)) {
      out.println(line);
      shown = line;
    }
    out.flush();
  }
}
