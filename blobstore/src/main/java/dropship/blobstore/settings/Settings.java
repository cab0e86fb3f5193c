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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a configuration file, each of which an environment variable may replace: {@code
 * registry.listen} is {@code DROPSHIP_REGISTRY_LISTEN}, one word per camel hump; lists are given as
 * JSON there.
 *
 * <p>Reading a key never fails. What is wrong with it is noted, a harmless value is returned, and
 * {@link #rejectProblems} reports everything at once, unknown keys too: a key is known once it has
 * been read. {@link #keys} tells people about all of them.
 */
public final class Settings {
  static final String PREFIX = "DROPSHIP_";
  private static final YAMLMapper YAML = new YAMLMapper();

  private final Source source;
  private final JsonNode node;
  private final String path;
  private final String meaning;

  private Settings(Source source, JsonNode node, String path, String meaning) {
    this.source = source;
    this.node = node;
    this.path = path;
    this.meaning = meaning;
  }

  /** What all sections of one configuration share. */
  private record Source(
      String name,
      Path directory,
      Map<String, String> environment,
      LinkedHashMap<String, Key> known,
      TreeSet<String> optionalSections,
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
    var source =
        new Source(
            file.toString(),
            directory,
            environment,
            new LinkedHashMap<>(),
            new TreeSet<>(),
            new ArrayList<>());
    return new Settings(source, root, "", "");
  }

  /** The same keys; the one that is read next is for {@code meaning}. */
  public Settings about(String meaning) {
    return new Settings(source, node, path, meaning);
  }

  /** All keys that have been read, in the order of their first reading. */
  public List<Key> keys() {
    return List.copyOf(source.known.values());
  }

  /**
   * Variables that look like ours but replace no key. They may be others': Kubernetes gives
   * containers the addresses of services, {@code DROPSHIP_PORT} and the like.
   */
  public List<String> unknownVariables() {
    var ours = source.known.keySet().stream().map(Key::variable).collect(Collectors.toSet());
    return source.environment.keySet().stream()
        .filter(name -> name.startsWith(PREFIX) && !ours.contains(name))
        .sorted()
        .toList();
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
      boolean section =
          source.known.keySet().stream().anyMatch(known -> known.startsWith(key + "."));
      if (section && field.getValue().isObject()) {
        unknownKeys(field.getValue(), key);
      } else if (!source.known.containsKey(key)) {
        problem(key, null, "not a key; expected one of: " + siblings(at));
      }
    }
  }

  private String siblings(String at) {
    return Stream.concat(source.known.keySet().stream(), source.optionalSections.stream())
        .filter(known -> at.isEmpty() || known.startsWith(at + "."))
        .map(known -> at.isEmpty() ? known : known.substring(at.length() + 1))
        .map(known -> known.split("[.\\[]")[0])
        .distinct()
        .sorted()
        .collect(Collectors.joining(", "));
  }

  /** The keys below {@code key}. */
  public Settings section(String key) {
    var below = node.path(key);
    if (!below.isMissingNode() && !below.isNull() && !below.isObject()) {
      problem(join(path, key), below.toString(), "expected a map of keys to values");
    }
    return new Settings(source, below, join(path, key), "");
  }

  /**
   * The keys below {@code key}, all of which may be left out. They are there if the file has any,
   * or the environment the {@code essential} one: others there may be Kubernetes', which gives
   * containers {@code DROPSHIP_PUBLIC_PORT} for a service of that name.
   */
  public Optional<Settings> section(String key, String essential) {
    source.optionalSections.add(join(path, key));
    var section = section(key);
    boolean there =
        node.hasNonNull(key)
            || source.environment.containsKey(Key.variable(join(section.path, essential)));
    return there ? Optional.of(section) : Optional.empty();
  }

  /** Whether anything is set at or below {@code key}, in the file or in the environment. */
  public boolean has(String key) {
    var variable = Key.variable(join(path, key));
    return node.has(key)
        || source.environment.keySet().stream()
            .anyMatch(name -> name.equals(variable) || name.startsWith(variable + "_"));
  }

  /** The entries of a list, each read by {@code read}; empty if there is none. */
  public <T> List<T> list(String key, Function<Settings, T> read) {
    var list = value(key, "a list", Optional.of("none"));
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
      var at = "%s[%d]".formatted(join(path, key), i);
      var entry = new Settings(source, list.get(i), at, "");
      entries.add(read.apply(entry));
      entry.unknownKeys(entry.node, entry.path);
    }
    return List.copyOf(entries);
  }

  /** The sections below {@code key} by their names, which are the user's own. */
  public <T> Map<String, T> map(String key, Function<Settings, T> read) {
    var entries = new LinkedHashMap<String, T>();
    var map = section(key);
    map.node
        .properties()
        .forEach(entry -> entries.put(entry.getKey(), read.apply(map.section(entry.getKey()))));
    return entries;
  }

  /** Texts of a list, each one of {@code allowed}. */
  public List<String> words(String key, List<String> allowed) {
    var expected = "a list of: " + String.join(", ", allowed);
    var list = value(key, expected, Optional.empty());
    var words = new ArrayList<String>();
    if (list == null || !list.isArray() || list.isEmpty()) {
      problem(join(path, key), list == null ? null : shown(list), "expected " + expected);
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

  /** Texts of a list, which may be left out. */
  public List<String> texts(String key, List<String> absent, Pattern pattern, String expectation) {
    var expected = "a list of " + expectation;
    var list = value(key, expected, Optional.of(String.join(", ", absent)));
    if (list == null) {
      return absent;
    }
    var texts = new ArrayList<String>();
    if (list.isArray()) {
      list.forEach(text -> texts.add(text.asText()));
    }
    if (!list.isArray() || !texts.stream().allMatch(text -> pattern.matcher(text).matches())) {
      problem(join(path, key), shown(list), "expected " + expected);
      return absent;
    }
    return List.copyOf(texts);
  }

  public String text(String key) {
    return required(key, "", Format.TEXT);
  }

  /** A text that must be there. */
  public String text(String key, Pattern pattern, String expectation) {
    return required(key, "", Format.matching(pattern, expectation));
  }

  public String text(String key, String absent, Pattern pattern, String expectation) {
    return optional(key, absent, Format.matching(pattern, expectation));
  }

  /** A text that may be left out; {@code otherwise} says what holds then. */
  public Optional<String> text(String key, Pattern pattern, String expectation, String otherwise) {
    var format = Format.matching(pattern, expectation);
    return parse(key, Optional.of(otherwise), format);
  }

  /** One of the names of an enum's constants, in lower case. */
  public <E extends Enum<E>> E choice(String key, E absent) {
    return optional(key, absent, Format.oneOf(absent.getDeclaringClass()));
  }

  public boolean flag(String key, boolean absent) {
    return optional(key, absent, Format.YES_OR_NO);
  }

  public long count(String key, long absent) {
    return optional(key, absent, Format.COUNT);
  }

  /** A number of bytes, {@code 64MiB}; KB and KiB alike are 1024 bytes. */
  public long size(String key, long absent) {
    return optional(key, absent, Format.SIZE);
  }

  /** The same, where it may be left out; {@code otherwise} says what holds then. */
  public Optional<Long> size(String key, String otherwise) {
    return parse(key, Optional.of(otherwise), Format.SIZE);
  }

  /** {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h} or {@code 30d}. */
  public Duration duration(String key, Duration absent) {
    return optional(key, absent, Format.DURATION);
  }

  /** Where to listen. */
  public Address address(String key) {
    return required(key, new Address("127.0.0.1", 0), Format.ADDRESS);
  }

  /** A file that exists and can be read. */
  public Path file(String key) {
    return required(key, Path.of(""), readableFile());
  }

  /** The same, where it may be left out; {@code otherwise} says what holds then. */
  public Optional<Path> file(String key, String otherwise) {
    return parse(key, Optional.of(otherwise), readableFile());
  }

  private Format<Path> readableFile() {
    return Format.of(
        "the path of a file that can be read",
        text ->
            Optional.of(resolve(text))
                .filter(file -> Files.isRegularFile(file) && Files.isReadable(file)));
  }

  /** A place in the file system, which need not exist. */
  public Path path(String key) {
    return required(key, Path.of(""), Format.of("a path", text -> Optional.of(resolve(text))));
  }

  /** The same, where it may be left out; {@code otherwise} says what holds then. */
  public Optional<Path> path(String key, String otherwise) {
    return parse(
        key, Optional.of(otherwise), Format.of("a path", text -> Optional.of(resolve(text))));
  }

  private Path resolve(String text) {
    return source.directory.resolve(text).normalize();
  }

  /** Notes a problem that concerns several keys, or the meaning of one. */
  public void problem(String key, String expectation) {
    var value = find(key);
    problem(join(path, key), value == null ? null : shown(value), expectation);
  }

  private <T> T required(String key, T harmless, Format<T> format) {
    return parse(key, Optional.empty(), format).orElse(harmless);
  }

  private <T> T optional(String key, T absent, Format<T> format) {
    return parse(key, Optional.of(format.show().apply(absent)), format).orElse(absent);
  }

  /**
   * @param otherwise what holds if the key is absent; empty if it must be there
   */
  private <T> Optional<T> parse(String key, Optional<String> otherwise, Format<T> format) {
    var value = value(key, format.expected(), otherwise);
    if (value == null && otherwise.isPresent()) {
      return Optional.empty();
    }
    Optional<T> parsed =
        value == null || value.isContainerNode()
            ? Optional.empty()
            : format.parse().apply(value.asText());
    if (parsed.isEmpty()) {
      problem(
          join(path, key), value == null ? null : shown(value), "expected " + format.expected());
    }
    return parsed;
  }

  /** The value of a key, which is known from now on. */
  private @Nullable JsonNode value(String key, String expected, Optional<String> otherwise) {
    var full = join(path, key);
    source.known.putIfAbsent(full, new Key(full, expected, otherwise, meaning));
    return find(key);
  }

  private @Nullable JsonNode find(String key) {
    var replacement = source.environment.get(Key.variable(join(path, key)));
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
}
