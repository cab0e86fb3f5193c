package dropship.registry;

import dropship.blobstore.settings.InvalidSettings;
import dropship.blobstore.settings.Key;
import dropship.blobstore.settings.Settings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * All keys of the configuration, as {@code docs/configuration.md} has them. They come from the code
 * that reads them: configurations that have everything are read, and what was asked for is listed.
 */
final class ConfigReference {
  /** Together they have every key; those that exclude one another are in different ones. */
  private static final List<String> EVERYTHING =
      List.of(
          """
          registry:
            tls: {}
            users: [{}]
          api:
            tls: {}
            users: [{}]
          public:
            tls: {}
            signing: {keys: {<name>: {}}}
          store: {type: local}
          """,
          """
          store: {type: s3}
          """);

  private static final String BEFORE =
      """
      # Configuration

      Made by `./dropship config reference`; a test compares it with the code.

      One YAML file, given by `--config`. `./dropship config check FILE` reads it as the server would and tells everything
      that is wrong with it. An environment variable replaces the key beside it; lists are given as JSON there. Relative
      paths are relative to the file. Sizes are written `64KiB`, durations `500ms`, `30s`, `5m`, `2h` or `30d`. Unknown keys
      are errors; unknown variables that begin with `DROPSHIP_` are warned of. Files of certificates, passwords and
      secrets are looked at every second, and what has changed is taken over.
      """;

  private ConfigReference() {}

  static String markdown() {
    var sections =
        keys().values().stream()
            .collect(
                Collectors.groupingBy(
                    key -> key.name().split("\\.")[0], LinkedHashMap::new, Collectors.toList()));
    var text = new StringBuilder(BEFORE);
    sections.forEach((name, keys) -> {
      text.append("\n## ").append(name).append(name.equals("public") ? " (optional)" : "");
      text.append("\n\n");
      text.append("| key, variable | value | default | |\n| --- | --- | --- | --- |\n");
      keys.forEach(key -> text.append(row(key)));
    });
    return text.toString();
  }

  private static String row(Key key) {
    var names =
        "`" + key.name() + "`" + key.variable().map(name -> "<br>`" + name + "`").orElse("");
    return "| %s | %s | %s | %s |\n"
        .formatted(names, key.expected(), key.absent().orElse("required"), key.meaning());
  }

  /** By their names. */
  static Map<String, Key> keys() {
    var keys = new LinkedHashMap<String, Key>();
    for (var yaml : EVERYTHING) {
      var settings = Settings.of(yaml, Path.of("dropship.yml"), Map.of());
      try {
        Config.from(settings);
      } catch (InvalidSettings hasNoValues) {
        // What it was asked for is what counts.
      }
      for (var key : settings.keys()) {
        var name = key.name().replace("[0]", "[]");
        keys.putIfAbsent(name, new Key(name, key.expected(), key.absent(), key.meaning()));
      }
    }
    return keys;
  }
}
