package dropship.blobstore.settings;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * All keys of a configuration. They come from the code that reads them: configurations that have
 * everything are read, and what was asked for is listed.
 */
public final class Reference {
  private final Map<String, Key> keys;
  private final Set<String> optional;

  private Reference(Map<String, Key> keys, Set<String> optional) {
    this.keys = keys;
    this.optional = optional;
  }

  /**
   * Reads configurations that have no values.
   *
   * @param everything in YAML; together they have every key, those that exclude one another are in
   *     different ones
   * @param optional the sections that may be left out
   */
  public static Reference of(
      List<String> everything, Consumer<Settings> read, Set<String> optional) {
    var keys = new LinkedHashMap<String, Key>();
    for (var yaml : everything) {
      var settings = Settings.of(yaml, Path.of("dropship.yml"), Map.of());
      try {
        read.accept(settings);
      } catch (InvalidSettings hasNoValues) {
        // What it was asked for is what counts.
      }
      for (var key : settings.keys()) {
        var name = key.name().replace("[0]", "[]");
        keys.putIfAbsent(name, new Key(name, key.expected(), key.absent(), key.meaning()));
      }
    }
    return new Reference(keys, optional);
  }

  /** By their names. */
  public Map<String, Key> keys() {
    return Collections.unmodifiableMap(keys);
  }

  /**
   * A page for people, with a table for each section.
   *
   * @param before what it begins with
   */
  public String markdown(String before) {
    var sections =
        keys.values().stream()
            .collect(
                Collectors.groupingBy(
                    key -> key.name().split("\\.")[0], LinkedHashMap::new, Collectors.toList()));
    var text = new StringBuilder(before);
    sections.forEach((name, ofSection) -> {
      text.append("\n## ").append(name).append(optional.contains(name) ? " (optional)" : "");
      text.append("\n\n");
      text.append("| key, variable | value | default | |\n| --- | --- | --- | --- |\n");
      ofSection.forEach(key -> text.append(row(key)));
    });
    return text.toString();
  }

  private static String row(Key key) {
    var names =
        "`" + key.name() + "`" + key.variable().map(name -> "<br>`" + name + "`").orElse("");
    return "| %s | %s | %s | %s |\n"
        .formatted(names, key.expected(), key.absent().orElse("required"), key.meaning());
  }
}
