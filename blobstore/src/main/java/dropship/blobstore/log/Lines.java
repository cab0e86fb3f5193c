package dropship.blobstore.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import org.slf4j.event.KeyValuePair;

/**
 * How an event looks. Whatever it has been given, also by a client, it neither takes control of a
 * terminal nor passes for a line of its own, and is of limited length.
 */
enum Lines {
  /** For people: time of day, level, who says what, and what else is known. */
  TEXT {
    @Override
    byte[] render(ILoggingEvent event, Optional<String> request) {
      var name = event.getLoggerName();
      var line =
          new StringBuilder(160)
              .append(TIME_OF_DAY.format(timeOf(event)))
              .append(" %-5s ".formatted(event.getLevel()))
              .append(name, name.lastIndexOf('.') + 1, name.length())
              .append(": ")
              .append(message(event));
      for (var pair : pairs(event)) {
        if (!IN_THE_MESSAGE.contains(pair.key)) {
          appendPair(line, pair.key, clean(pair.value.toString(), VALUE, Lines::isPrintable));
        }
      }
      request.ifPresent(id -> appendPair(line, REQUEST, id));
      stack(event).ifPresent(stack -> line.append("\n  ").append(stack.replace("\n", "\n  ")));
      return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void appendPair(StringBuilder line, String key, String value) {
      boolean plain = !value.isEmpty() && value.indexOf(' ') < 0 && value.indexOf('"') < 0;
      line.append(' ').append(key).append('=');
      line.append(plain ? value : '"' + value.replace("\"", "\\\"") + '"');
    }
  },

  /** For machines: a JSON object. */
  JSON {
    @Override
    byte[] render(ILoggingEvent event, Optional<String> request) {
      var line = new ByteArrayOutputStream(512);
      try (var json = FACTORY.createGenerator(line)) {
        json.writeStartObject();
        json.writeStringField("timestamp", TIMESTAMP.format(timeOf(event)));
        json.writeStringField("level", event.getLevel().toString());
        json.writeStringField("logger", event.getLoggerName());
        json.writeStringField("message", message(event));
        for (var pair : pairs(event)) {
          writePair(json, pair);
        }
        if (request.isPresent()) {
          json.writeStringField(REQUEST, request.get());
        }
        json.writeStringField("thread", event.getThreadName());
        var stack = stack(event);
        if (stack.isPresent()) {
          json.writeStringField("exception", stack.get());
        }
        json.writeEndObject();
        json.writeRaw('\n');
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return line.toByteArray();
    }

    private static void writePair(JsonGenerator json, KeyValuePair pair) throws IOException {
      json.writeFieldName(pair.key);
      switch (pair.value) {
        case Boolean truth -> json.writeBoolean(truth);
        case Integer number -> json.writeNumber(number);
        case Long number -> json.writeNumber(number);
        case Double number -> json.writeNumber(number);
        default -> json.writeString(clean(pair.value.toString(), VALUE, Lines::isPrintable));
      }
    }
  };

  /** Under which the id of a request is found. */
  private static final String REQUEST = "request";

  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8).build();
  private static final DateTimeFormatter TIMESTAMP =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter();
  private static final DateTimeFormatter TIME_OF_DAY =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

  /** What people need not read twice in a line of the access log. */
  private static final Set<String> IN_THE_MESSAGE = Set.of("method", "path", "status");

  private static final int MESSAGE = 8 * 1024;
  private static final int VALUE = 1024;
  private static final int STACK = 32 * 1024;

  /**
   * What nobody should log, and what an exception's message may contain all the same: signatures in
   * URLs, passwords in URLs, headers with credentials.
   */
  private static final Pattern SECRET =
      Pattern.compile(
          "((?:signature|sig|md5|token|password|secret)=)[^&\\s\"']+"
              + "|(authorization\\W{1,4}(?:basic|bearer)\\s+)[^\\s\"',]+"
              + "|(://)[^/\\s@\"']+(?=@)",
          Pattern.CASE_INSENSITIVE);

  /**
   * An event with its line end.
   *
   * @param request the id of the request that it is about
   */
  abstract byte[] render(ILoggingEvent event, Optional<String> request);

  private static Instant timeOf(ILoggingEvent event) {
    return Instant.ofEpochMilli(event.getTimeStamp());
  }

  private static String message(ILoggingEvent event) {
    return clean(String.valueOf(event.getFormattedMessage()), MESSAGE, Lines::isPrintable);
  }

  private static List<KeyValuePair> pairs(ILoggingEvent event) {
    var pairs = event.getKeyValuePairs();
    return pairs == null ? List.of() : pairs.stream().filter(pair -> pair.value != null).toList();
  }

  private static Optional<String> stack(ILoggingEvent event) {
    return Optional.ofNullable(event.getThrowableProxy())
        .map(thrown -> ThrowableProxyUtil.asString(thrown).stripTrailing())
        .map(stack ->
            clean(stack, STACK, each -> each == '\n' || each == '\t' || isPrintable(each)));
  }

  /** The text with nothing secret in it that we know of, and only {@code allowed} characters. */
  private static String clean(String text, int most, IntPredicate allowed) {
    var cut = text.length() <= most ? text : text.substring(0, most) + "…";
    boolean suspicious =
        cut.indexOf('=') >= 0 || cut.contains("://") || cut.contains("uthorization");
    var masked = suspicious ? SECRET.matcher(cut).replaceAll("$1$2$3***") : cut;
    return isPlain(masked) ? masked : escape(masked, allowed);
  }

  /** Nearly every text is, and lines of the access log are many. */
  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  private static String escape(String text, IntPredicate allowed) {
    var escaped = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(each -> {
          if (allowed.test(each)) {
            escaped.appendCodePoint(each);
          } else {
            escaped.append("\\u%04x".formatted(each));
          }
        });
    return escaped.toString();
  }

  /** Not what controls a terminal, ends a line, or turns the direction of writing. */
  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
