package dropship.blobstore.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a configuration file, each of which an environment variable may replace: {@code
 * registry.listen} is {@code DROPSHIP_REGISTRY_LISTEN}, one word per camel hump; lists are given as
 * JSON there.
 *
 * <p>Reading a key never fails. What is wrong with it is noted, a harmless value is returned, and
 * {@link #rejectProblems} reports everything at once, unknown keys too: a key is known once it has
 * been read.
 */
public final class Settings {
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final Pattern SIZE = Pattern.compile("(\\d{1,15})\\s*([KMGT]?)(i?B)?");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");
  private static final Pattern ADDRESS =
      Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^\\[\\]:\\s]+):(\\d{1,5})");

  private final Source source;
  private final JsonNode node;
  private final String path;

  private Settings(Source source, JsonNode node, String path) {
    this.source = source;
    this.node = node;
    this.path = path;
  }

  /** What all sections of one configuration share. */
  private record Source(
      String name,
      Path directory,
      Map<String, String> environment,
      TreeSet<String> known,
      List<String> problems) {}

  /**
   * Reads {@code file}, over which {@code environment} has precedence. Relative paths in it are
   * relative to its directory.
   *
   * @throws InvalidSettings if the file cannot be read or is not a YAML map
   */
  public static Settings read(Path file, Map<String, String> environment) {
    try {
      return of(Files.readString(file), file.toAbsolutePath(), environment);
    } catch (IOException e) {
      throw new InvalidSettings(
          file.toString(), List.of("cannot be read: " + e + ", expected a YAML file"));
    }
  }

  /** As {@link #read}, of text that is said to come from {@code file}. */
  public static Settings of(String yaml, Path file, Map<String, String> environment) {
    JsonNode root;
    try {
      root = YAML.readTree(yaml);
    } catch (JsonProcessingException e) {
      throw new InvalidSettings(
          file.toString(),
          List.of(
              "is not YAML: %s".formatted(e.getOriginalMessage().lines().findFirst().orElse(""))));
    }
    if (root == null || root.isMissingNode() || root.isNull()) {
      root = JsonNodeFactory.instance.objectNode();
    }
    if (!(root instanceof ObjectNode)) {
      throw new InvalidSettings(file.toString(), List.of("is not a map of keys to values"));
    }
    var directory = file.getParent() == null ? Path.of("") : file.getParent();
    return new Settings(
        new Source(file.toString(), directory, environment, new TreeSet<>(), new ArrayList<>()),
        root,
        "");
  }

  /** Reports everything that was wrong, and every key nobody has asked for. */
  public void rejectProblems() {
    unknownKeys(node, path);
    if (!source.problems.isEmpty()) {
      throw new InvalidSettings(source.name, source.problems);
    }
  }

  private void unknownKeys(JsonNode below, String at) {
    for (var field : below.properties()) {
      var key = join(at, field.getKey());
      boolean section = source.known.stream().anyMatch(known -> known.startsWith(key + "."));
      if (section && field.getValue().isObject()) {
        unknownKeys(field.getValue(), key);
      } else if (!source.known.contains(key)) {
        problem(key, null, "not a key; expected one of: " + siblings(at));
      }
    }
  }

  private String siblings(String at) {
    return source.known.stream()
        .filter(known -> at.isEmpty() || known.startsWith(at + "."))
        .map(known -> at.isEmpty() ? known : known.substring(at.length() + 1))
        .map(known -> known.split("[.\\[]")[0])
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /** The keys below {@code key}. */
  public Settings section(String key) {
    var below = node.path(key);
    if (!below.isMissingNode() && !below.isNull() && !below.isObject()) {
      problem(join(path, key), below.toString(), "expected a map of keys to values");
    }
    return new Settings(source, below, join(path, key));
  }

  /** Whether anything is set at or below {@code key}, in the file or in the environment. */
  public boolean has(String key) {
    var full = join(path, key);
    var variable = variable(full);
    return node.has(key)
        || source.environment.keySet().stream()
            .anyMatch(name -> name.equals(variable) || name.startsWith(variable + "_"));
  }

  /** The entries of a list, each read by {@code read}; empty if there is none. */
  public <T> List<T> list(String key, Function<Settings, T> read) {
    var list = value(key);
    if (list == null) {
      return List.of();
    }
    if (!list.isArray()) {
      problem(join(path, key), shown(list), "expected a list");
      return List.of();
    }
    var entries = new ArrayList<T>();
    for (int i = 0; i < list.size(); i++) {
      // A list has keys of its own for each entry, so unknown ones are found entry by entry.
      var entry = new Settings(source, list.get(i), "%s[%d]".formatted(join(path, key), i));
      entries.add(read.apply(entry));
      entry.unknownKeys(entry.node, entry.path);
    }
    return List.copyOf(entries);
  }

  /** Texts of a list, each one of {@code allowed}. */
  public List<String> words(String key, List<String> allowed) {
    var list = value(key);
    var words = new ArrayList<String>();
    if (list == null || !list.isArray() || list.isEmpty()) {
      problem(
          join(path, key),
          list == null ? null : shown(list),
          "expected a list of: " + String.join(", ", allowed));
      return List.of();
    }
    for (var word : list) {
      if (allowed.contains(word.asText())) {
        words.add(word.asText());
      } else {
        problem(join(path, key), shown(word), "expected one of: " + String.join(", ", allowed));
      }
    }
    return List.copyOf(words);
  }

  public String text(String key) {
    return parse(key, "", "a text", text -> text.isBlank() ? Optional.empty() : Optional.of(text));
  }

  public String text(String key, String absent, Pattern pattern, String expectation) {
    return parse(
        key,
        absent,
        false,
        expectation,
        text -> Optional.of(text).filter(value -> pattern.matcher(value).matches()));
  }

  /** One of the names of an enum's constants, in lower case. */
  public <E extends Enum<E>> E choice(String key, E absent) {
    var choices = absent.getDeclaringClass().getEnumConstants();
    var names = Arrays.stream(choices).map(Settings::lower).collect(Collectors.joining(", "));
    return parse(
        key,
        absent,
        false,
        "one of: " + names,
        text -> Arrays.stream(choices).filter(choice -> lower(choice).equals(text)).findFirst());
  }

  private static String lower(Enum<?> choice) {
    return choice.name().toLowerCase(Locale.ROOT);
  }

  public long count(String key, long absent) {
    return parse(
        key,
        absent,
        false,
        "a whole number",
        text -> text.matches("\\d{1,15}") ? Optional.of(Long.parseLong(text)) : Optional.empty());
  }

  /** A number of bytes, {@code 64MiB}; KB and KiB alike are 1024 bytes. */
  public long size(String key, long absent) {
    return parse(key, absent, false, "a size such as 64KiB, 512MiB or 8GiB", Settings::sizeOf);
  }

  private static Optional<Long> sizeOf(String text) {
    var size = SIZE.matcher(text);
    if (!size.matches() || (size.group(2).isEmpty() && size.group(3) == null)) {
      return Optional.empty();
    }
    int power = " KMGT".indexOf(size.group(2).isEmpty() ? ' ' : size.group(2).charAt(0));
    long units = Long.parseLong(size.group(1));
    return units > Long.MAX_VALUE >> (10 * power)
        ? Optional.empty()
        : Optional.of(units << (10 * power));
  }

  /** {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h} or {@code 30d}. */
  public Duration duration(String key, Duration absent) {
    return parse(key, absent, false, "a duration such as 30s, 5m or 30d", Settings::durationOf);
  }

  private static Optional<Duration> durationOf(String text) {
    var duration = DURATION.matcher(text);
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

  /** Where to listen. */
  public Address address(String key) {
    return parse(
        key, new Address("127.0.0.1", 0), "host:port such as 0.0.0.0:5000", Settings::addressOf);
  }

  private static Optional<Address> addressOf(String text) {
    var address = ADDRESS.matcher(text);
    if (!address.matches() || Integer.parseInt(address.group(2)) > 65535) {
      return Optional.empty();
    }
    var host = address.group(1).replaceAll("[\\[\\]]", "");
    return Optional.of(new Address(host, Integer.parseInt(address.group(2))));
  }

  /** A file that exists and can be read. */
  public Path file(String key) {
    return parse(
        key,
        Path.of(""),
        "the path of a file that can be read",
        text ->
            Optional.of(resolve(text))
                .filter(file -> Files.isRegularFile(file) && Files.isReadable(file)));
  }

  /** A place in the file system, which need not exist. */
  public Path path(String key) {
    return parse(key, Path.of(""), "a path", text -> Optional.of(resolve(text)));
  }

  private Path resolve(String text) {
    return source.directory.resolve(text).normalize();
  }

  /** Notes a problem that concerns several keys, or the meaning of one. */
  public void problem(String key, String expectation) {
    var value = value(key);
    problem(join(path, key), value == null ? null : shown(value), expectation);
  }

  private <T> T parse(
      String key, T harmless, String expectation, Function<String, Optional<T>> parser) {
    return parse(key, harmless, true, expectation, parser);
  }

  private <T> T parse(
      String key,
      T absent,
      boolean required,
      String expectation,
      Function<String, Optional<T>> parser) {
    var value = value(key);
    if (value == null && !required) {
      return absent;
    }
    Optional<T> parsed =
        value == null || value.isContainerNode() ? Optional.empty() : parser.apply(value.asText());
    if (parsed.isEmpty()) {
      problem(join(path, key), value == null ? null : shown(value), "expected " + expectation);
    }
    return parsed.orElse(absent);
  }

  /** The value of a key, which is known from now on. */
  private @Nullable JsonNode value(String key) {
    var full = join(path, key);
    source.known.add(full);
    var replacement = source.environment.get(variable(full));
    if (replacement != null) {
      return fromEnvironment(replacement);
    }
    var value = node.path(key);
    return value.isMissingNode() || value.isNull() ? null : value;
  }

  private static JsonNode fromEnvironment(String text) {
    if (text.startsWith("[")) {
      try {
        return YAML.readTree(text);
      } catch (JsonProcessingException notAList) {
        // Taken as text, which then is refused with what was expected.
      }
    }
    return JsonNodeFactory.instance.textNode(text);
  }

  private void problem(String key, @Nullable String value, String expectation) {
    source.problems.add(
        value == null
            ? "%s: %s".formatted(key, expectation)
            : "%s: is %s, %s".formatted(key, value, expectation));
  }

  private static String shown(JsonNode value) {
    return value.isTextual() ? "'" + value.asText() + "'" : value.toString();
  }

  private static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** {@code image.maxEntries} is {@code DROPSHIP_IMAGE_MAX_ENTRIES}. */
  private static String variable(String key) {
    var words = key.replaceAll("([a-z0-9])([A-Z])", "$1_$2").replace('.', '_');
    return "DROPSHIP_" + words.toUpperCase(Locale.ROOT);
  }
}
