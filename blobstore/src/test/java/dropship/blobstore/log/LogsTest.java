package dropship.blobstore.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(60)
class LogsTest {
  private final Logger root = logger("ROOT");
  private final Level before = root.getLevel();
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final Stderr stderr = new Stderr(written);

  private static Logger logger(String name) {
    return (Logger) LoggerFactory.getLogger(name);
  }

  @BeforeEach
  void logToMemory() {
    stderr.setContext((LoggerContext) LoggerFactory.getILoggerFactory());
    stderr.setName("stderr");
    stderr.start();
    root.addAppender(stderr);
  }

  @AfterEach
  void restore() {
    root.detachAppender(stderr);
    root.setLevel(before);
    logger("dropship").setLevel(null);
    logger("access").setLevel(null);
  }

  private String written() {
    Logs.flush();
    return written.toString(StandardCharsets.UTF_8);
  }

  @Test
  void logsWhatIsWantedOfOursAndLittleOfLibraries() {
    new Logs(Logs.Format.TEXT, Logs.Level.DEBUG).use();

    logger("dropship.registry.Server").debug("our details");
    logger("access").debug("of every request");
    logger("io.example").debug("details of others");
    logger("io.example").info("news of others");

    assertThat(written())
        .contains("DEBUG Server: our details\n", "access: of every request", "example: news of")
        .doesNotContain("details of others");
  }

  @Test
  void logsOnlyWhatMattersIfThatIsWanted() {
    new Logs(Logs.Format.TEXT, Logs.Level.WARN).use();

    logger("dropship.registry.Server").info("ours");
    logger("access").info("a request");
    logger("io.example").info("others");
    logger("io.example").warn("a warning");

    assertThat(written().lines()).singleElement().asString().endsWith("a warning");
  }

  @Test
  void takesTheFormatThatIsWantedAndElseTheOneForWhoReads() {
    for (var format : new Logs.Format[] {Logs.Format.JSON, Logs.Format.AUTO, Logs.Format.TEXT}) {
      new Logs(format, Logs.Level.INFO).use();
      logger("access").info("a request");
    }

    // No terminal reads the standard error of tests.
    assertThat(written().lines())
        .satisfiesExactly(
            json -> assertThat(json).startsWith("{").contains("\"message\":\"a request\""),
            auto -> assertThat(auto).startsWith("{"),
            text -> assertThat(text).endsWith("INFO  access: a request"));
  }
}
