package dropship.blobstore.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Who logs never waits, and what is lost is known. */
@Timeout(60)
class StderrTest {
  private static final String LONG = "x".repeat(8_000);
  private final CountDownLatch reader = new CountDownLatch(1);
  private final ByteArrayOutputStream read = new ByteArrayOutputStream();

  /** Takes nothing until the reader comes. */
  private final Stderr stderr =
      new Stderr(
          new OutputStream() {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
              try {
                reader.await();
              } catch (InterruptedException e) {
                throw new IOException(e);
              }
              read.write(bytes, offset, length);
            }

            @Override
            public void write(int one) throws IOException {
              write(new byte[] {(byte) one}, 0, 1);
            }
          });

  private final LoggerContext context = new LoggerContext();

  StderrTest() {
    stderr.setContext(context);
    stderr.start();
  }

  private void log(Level level, String message) {
    var event = new LoggingEvent();
    event.setLoggerContext(context);
    event.setLoggerName("test");
    event.setThreadName("main");
    event.setLevel(level);
    event.setMessage(message);
    event.setTimeStamp(0);
    stderr.doAppend(event);
  }

  private String read() {
    stderr.flush();
    return read.toString(StandardCharsets.UTF_8);
  }

  @Test
  void writesEverythingInOrder() {
    reader.countDown();
    for (int i = 0; i < 10_000; i++) {
      log(Level.INFO, "line " + i);
    }

    assertThat(read().lines().map(line -> line.replaceFirst(".*: line ", "")).toList())
        .hasSize(10_000)
        .startsWith("0", "1", "2")
        .isSortedAccordingTo((one, other) -> Integer.parseInt(one) - Integer.parseInt(other));
    assertThat(stderr.lost()).isZero();
  }

  @Test
  void losesWhatMattersLeastAndKeepsCount() {
    for (int i = 0; i < 1_000; i++) {
      log(Level.INFO, "info " + LONG);
    }
    long infos = stderr.lost();
    assertThat(infos).isBetween(400L, 800L); // they have room for 3 MiB
    for (int i = 0; i < 50; i++) {
      log(Level.WARN, "warning " + LONG);
      log(Level.ERROR, "error " + LONG);
    }
    assertThat(stderr.lost()).isEqualTo(infos);
    for (int i = 0; i < 100; i++) {
      log(Level.ERROR, "error " + LONG);
    }
    assertThat(stderr.lost()).isGreaterThan(infos);

    reader.countDown();
    assertThat(read()).contains(" warning ", " error ", " info ");
    log(Level.INFO, "goes on");
    assertThat(read().lines().toList()).last().asString().endsWith("goes on");
  }

  @Test
  void saysThatLinesAreLost() {
    var own = (Logger) LoggerFactory.getLogger(Stderr.class);
    own.setLevel(Level.WARN);
    own.addAppender(stderr);
    try {
      for (int i = 0; i < 1_000; i++) {
        log(Level.INFO, LONG);
      }
      reader.countDown();
      while (!read().contains("WARN  Stderr: ")) {
        Thread.onSpinWait();
      }
    } finally {
      own.detachAppender(stderr);
      own.setLevel(null);
    }
    assertThat(read()).contains(": " + stderr.lost() + " lines have been lost");
  }
}
