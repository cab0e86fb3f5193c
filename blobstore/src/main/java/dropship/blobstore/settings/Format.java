package dropship.blobstore.settings;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How values of a kind are written.
 *
 * @param expected completes "expected …"
 * @param parse empty for what is not of this kind
 * @param show the opposite of {@code parse}
 */
record Format<T>(String expected, Function<String, Optional<T>> parse, Function<T, String> show) {
  private static final Pattern SIZE_TEXT = Pattern.compile("(\\d{1,15})\\s*([KMGT]?)(i?B)?");
  private static final Pattern DURATION_TEXT = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");
  private static final Pattern ADDRESS_TEXT =
      Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^\\[\\]:\\s]+):(\\d{1,5})");

  static final Format<String> TEXT =
      of("a text", text -> text.isBlank() ? Optional.empty() : Optional.of(text));

  static final Format<Long> COUNT =
      of(
          "a whole number",
          text -> text.matches("\\d{1,15}") ? Optional.of(Long.parseLong(text)) : Optional.empty());

  static final Format<Boolean> YES_OR_NO =
      of(
          "true or false",
          text ->
              switch (text) {
                case "true" -> Optional.of(true);
                case "false" -> Optional.of(false);
                default -> Optional.empty();
              });

  static final Format<Long> SIZE =
      new Format<>("a size such as 64KiB, 512MiB or 8GiB", Format::sizeOf, Format::shownSize);

  static final Format<Duration> DURATION =
      new Format<>("a duration such as 30s, 5m or 30d", Format::durationOf, Format::shownDuration);

  static final Format<Address> ADDRESS = of("host:port such as 0.0.0.0:5000", Format::addressOf);

  static <T> Format<T> of(String expected, Function<String, Optional<T>> parse) {
    return new Format<>(expected, parse, String::valueOf);
  }

  /** A text that has a certain form. */
  static Format<String> matching(Pattern pattern, String expected) {
    return of(
        expected, text -> Optional.of(text).filter(value -> pattern.matcher(value).matches()));
  }

  /** The lower-case names of an enum's constants. */
  static <E extends Enum<E>> Format<E> oneOf(Class<E> type) {
    var choices = type.getEnumConstants();
    var names = Arrays.stream(choices).map(Format::lower).collect(Collectors.joining(", "));
    return new Format<>(
        "one of: " + names,
        text -> Arrays.stream(choices).filter(choice -> lower(choice).equals(text)).findFirst(),
        Format::lower);
  }

  private static String lower(Enum<?> choice) {
    return choice.name().toLowerCase(Locale.ROOT);
  }

  /** KB and KiB alike are 1024 bytes. */
  private static Optional<Long> sizeOf(String text) {
    var size = SIZE_TEXT.matcher(text);
    if (!size.matches() || (size.group(2).isEmpty() && size.group(3) == null)) {
      return Optional.empty();
    }
    int power = " KMGT".indexOf(size.group(2).isEmpty() ? ' ' : size.group(2).charAt(0));
    long units = Long.parseLong(size.group(1));
    return units > Long.MAX_VALUE >> (10 * power)
        ? Optional.empty()
        : Optional.of(units << (10 * power));
  }

  private static String shownSize(long bytes) {
    int power = 0;
    long units = bytes;
    while (units > 0 && units % 1024 == 0 && power < 4) {
      units /= 1024;
      power++;
    }
    return units + (power == 0 ? "B" : " KMGT".charAt(power) + "iB");
  }

  private static Optional<Duration> durationOf(String text) {
    var duration = DURATION_TEXT.matcher(text);
    if (!duration.matches()) {
      return Optional.empty();
    }
    long amount = Long.parseLong(duration.group(1));
    return Optional.of(
        switch (duration.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          default -> Duration.ofDays(amount);
        });
  }

  private static String shownDuration(Duration duration) {
    long millis = duration.toMillis();
    long seconds = duration.toSeconds();
    if (millis % 1000 != 0) {
      return millis + "ms";
    }
    if (seconds % 60 != 0 || seconds == 0) {
      return seconds + "s";
    }
    if (seconds % 3600 != 0) {
      return duration.toMinutes() + "m";
    }
    return seconds % 86_400 == 0 ? duration.toDays() + "d" : duration.toHours() + "h";
  }

  private static Optional<Address> addressOf(String text) {
    var address = ADDRESS_TEXT.matcher(text);
    if (!address.matches() || Integer.parseInt(address.group(2)) > 65535) {
      return Optional.empty();
    }
    var host = address.group(1).replaceAll("[\\[\\]]", "");
    return Optional.of(new Address(host, Integer.parseInt(address.group(2))));
  }
}
