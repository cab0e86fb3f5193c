package dropship.blobstore.log;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import dropship.blobstore.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/** What is logged, and how it looks. A Logback configuration of the operator's has precedence. */
public record Logs(Format format, Level level) {
  /** The names in a configuration. */
  public enum Format {
    /** For people if standard error is a terminal, else for machines. */
    AUTO,
    TEXT,
    JSON
  }

  /** The names in a configuration: what matters least of what is still logged. */
  public enum Level {
    DEBUG,
    INFO,
    WARN,
    ERROR
  }

  /** Reads {@code log}. */
  public static Logs from(Settings settings) {
    var log = settings.section("log");
    return new Logs(
        log.about("for people, for machines, or by whether standard error is a terminal")
            .choice("format", Format.AUTO),
        log.about("what matters least of what is logged").choice("level", Level.INFO));
  }

  /** From now on. */
  public void use() {
    stderr()
        .ifPresent(stderr -> {
          stderr.use(
              switch (format) {
                case AUTO -> isTerminal() ? Lines.TEXT : Lines.JSON;
                case TEXT -> Lines.TEXT;
                case JSON -> Lines.JSON;
              });
          var ours = ch.qos.logback.classic.Level.toLevel(level.name());
          logger("dropship").setLevel(ours);
          logger("access").setLevel(ours);
          // What libraries would say below may be anything, also what must not be logged.
          boolean quiet = ours.isGreaterOrEqual(ch.qos.logback.classic.Level.INFO);
          logger("ROOT").setLevel(quiet ? ours : ch.qos.logback.classic.Level.INFO);
        });
  }

  /** Waits, but not for long, until what has been logged is written. */
  public static void flush() {
    stderr().ifPresent(Stderr::flush);
  }

  /** How many lines could not be written since the start. */
  public static long lost() {
    return stderr().map(Stderr::lost).orElse(0L);
  }

  /** There is none where somebody has configured Logback to log elsewhere. */
  private static Optional<Stderr> stderr() {
    return LoggerFactory.getILoggerFactory() instanceof LoggerContext
            && logger("ROOT").getAppender("stderr") instanceof Stderr stderr
        ? Optional.of(stderr)
        : Optional.empty();
  }

  private static Logger logger(String name) {
    return (Logger) LoggerFactory.getLogger(name);
  }

  /**
   * Java's own answer is about standard input and output, and right for this one if none is
   * redirected.
   */
  @SuppressWarnings("SystemConsoleNull") // without a terminal it may still be
  private static boolean isTerminal() {
    try {
      var file = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return file.startsWith("/dev/pts/")
          || file.startsWith("/dev/tty")
          || file.equals("/dev/console");
    } catch (IOException notLinux) {
      var console = System.console();
      return console != null && console.isTerminal();
    }
  }
}
