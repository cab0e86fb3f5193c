package dropship.blobstore.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.event.KeyValuePair;

class LinesTest {
  private final LoggingEvent event = newEvent();

  private static LoggingEvent newEvent() {
    var event = new LoggingEvent();
    event.setLoggerContext(new LoggerContext());
    event.setLoggerName("dropship.registry.Server");
    event.setThreadName("main");
    event.setLevel(Level.WARN);
    event.setInstant(Instant.parse("2026-11-22T10:11:12.340Z"));
    return event;
  }

  private String text() {
    return text(Lines.TEXT, Optional.empty());
  }

  private JsonObject json() {
    return new JsonObject(text(Lines.JSON, Optional.empty()));
  }

  private String text(Lines lines, Optional<String> request) {
    return text(lines, event, request);
  }

  private static String text(Lines lines, LoggingEvent event, Optional<String> request) {
    var line = new String(lines.render(event, request), StandardCharsets.UTF_8);
    assertThat(line).endsWith("\n");
    return line.substring(0, line.length() - 1);
  }

  private void add(String key, Object value) {
    event.addKeyValuePair(new KeyValuePair(key, value));
  }

  @Test
  void isReadableForPeople() {
    event.setMessage("two {}");
    event.setArgumentArray(new Object[] {"words"});
    add("status", 200);
    add("ms", 0.5);
    add("agent", "a \"b\" c");
    add("unknown", null);

    assertThat(text(Lines.TEXT, Optional.of("id")))
        .matches(
            "\\d\\d:\\d\\d:12.340 WARN  Server: two words ms=0.5 agent=\"a \\\\\"b\\\\\" c\" request=id");
  }

  @Test
  void isAnObjectForMachines() {
    event.setMessage("two {}");
    event.setArgumentArray(new Object[] {"words"});
    add("status", 200);
    add("sent", 1L << 40);
    add("ms", 0.5);
    add("cutOff", true);
    add("agent", "é\"");
    add("unknown", null);

    assertThat(new JsonObject(text(Lines.JSON, Optional.of("id"))))
        .isEqualTo(
            new JsonObject()
                .put("timestamp", "2026-11-22T10:11:12.340Z")
                .put("level", "WARN")
                .put("logger", "dropship.registry.Server")
                .put("message", "two words")
                .put("status", 200)
                .put("sent", 1L << 40)
                .put("ms", 0.5)
                .put("cutOff", true)
                .put("agent", "é\"")
                .put("request", "id")
                .put("thread", "main"));
  }

  @Test
  void showsWhereAnExceptionComesFrom() {
    event.setMessage("failed");
    event.setThrowableProxy(
        new ch.qos.logback.classic.spi.ThrowableProxy(
            new IllegalStateException("outer", new RuntimeException("inner"))));

    assertThat(json().getString("exception"))
        .startsWith("java.lang.IllegalStateException: outer\n")
        .contains("LinesTest", "Caused by: java.lang.RuntimeException: inner");
    assertThat(text().lines())
        .hasSizeGreaterThan(5)
        .anySatisfy(line -> assertThat(line).contains("Caused by: ", "inner"))
        .filteredOn(line -> !line.startsWith("  "))
        .hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void letsNothingPassForALineOfItsOwn(Lines lines) {
    var forged =
        "x\n12:00:00.000 ERROR Server: forged\r\u0085\u2028\u001b[2J\u009b2J\u202e\0\u007f";
    event.setMessage(forged);
    add("agent", forged);
    event.setThrowableProxy(
        new ch.qos.logback.classic.spi.ThrowableProxy(new RuntimeException(forged)));

    var line = text(lines, Optional.empty());

    assertThat(line).doesNotContainPattern("[\\p{Cntrl}&&[^\\n\\t]]").contains("u001b[2J");
    assertThat(line.lines().filter(each -> !each.startsWith("  "))).hasSize(1);
    assertThat(line).doesNotContain("\u0085", "\u2028", "\u009b", "\u202e");
  }

  static Stream<String> secrets() {
    return Stream.of(
        "GET https://host/packages/guid?signature=SECRET&expires=1",
        "GET https://bucket/key?X-Amz-Date=1&X-Amz-Signature=SECRET",
        "https://account/container?sv=1&sig=SECRET",
        "https://name:SECRET@host/path",
        "https://SECRET@host/path",
        "{Authorization=Basic SECRET, Host=x}",
        "authorization: bearer SECRET",
        "\"Authorization\": \"Basic SECRET\"",
        "password=SECRET");
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void masksSecretsThatOthersPutIntoTheirMessages(String message) {
    event.setMessage("failed: {}");
    event.setArgumentArray(new Object[] {message});
    add("agent", message);
    event.setThrowableProxy(
        new ch.qos.logback.classic.spi.ThrowableProxy(new RuntimeException(message)));

    assertThat(text()).contains("***").doesNotContain("SECRET");
    assertThat(json().encode()).contains("***").doesNotContain("SECRET");
  }

  @Test
  void leavesDigestsAndReferencesReadable() {
    var message = "registry.example.com:5000/cloudfoundry/guid:hash@sha256:0123: basic blob";
    event.setMessage(message);

    assertThat(json().getString("message")).isEqualTo(message);
  }

  @ParameterizedTest
  @EnumSource
  void isOfLimitedLength(Lines lines) {
    var long_ = "\ud83d\ude00".repeat(100_000);
    event.setMessage(long_);
    add("path", long_);
    add("agent", "x" + long_); // cut within a character
    event.setThrowableProxy(
        new ch.qos.logback.classic.spi.ThrowableProxy(new RuntimeException(long_)));

    assertThat(text(lines, Optional.empty())).hasSizeLessThan(50_000).contains("…");
  }

  @Test
  void isAlwaysOneObjectAndOneLine() {
    var random = new Random(1);
    for (int i = 0; i < 2_000; i++) {
      var any = new StringBuilder();
      for (int length = random.nextInt(20); length > 0; length--) {
        any.append((char) random.nextInt(random.nextBoolean() ? 256 : 65536));
      }
      var event = newEvent();
      event.setMessage(any.toString());

      var json = text(Lines.JSON, event, Optional.empty());
      assertThat(json.lines()).hasSize(1);
      assertThat(new JsonObject(json).fieldNames()).hasSize(5);
      assertThat(text(Lines.TEXT, event, Optional.empty()).lines()).hasSize(1);
    }
  }
}
