package dropship.blobstore.settings;

import java.util.Locale;
import java.util.Optional;

/**
 * A key of the configuration, for people.
 *
 * @param name with its path; {@code []} stands for any entry of a list, {@code <name>} for a name
 *     of one's own
 * @param expected what its values look like
 * @param absent what holds where it is not set; empty if it must be set
 * @param meaning what it is for
 */
public record Key(String name, String expected, Optional<String> absent, String meaning) {
  /** The environment variable that replaces it; entries of lists and maps have none. */
  public Optional<String> variable() {
    return name.contains("[") || name.contains("<")
        ? Optional.empty()
        : Optional.of(variable(name));
  }

  /** {@code image.maxEntries} is {@code DROPSHIP_IMAGE_MAX_ENTRIES}: one word per camel hump. */
  static String variable(String name) {
    var words = name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").replace('.', '_');
    return Settings.PREFIX + words.toUpperCase(Locale.ROOT);
  }
}
