package dropship.registry;

import dropship.blobstore.settings.Key;
import dropship.blobstore.settings.Reference;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All keys of the configuration, as {@code docs/configuration.md} has them. */
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
    return reference().markdown(BEFORE);
  }

  /** By their names. */
  static Map<String, Key> keys() {
    return reference().keys();
  }

  private static Reference reference() {
    return Reference.of(EVERYTHING, Config::from, Set.of("public"));
  }
}
