package dropship.scheduler;

import dropship.blobstore.settings.Key;
import dropship.blobstore.settings.Reference;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All keys of the configuration, as {@code docs/scheduler-configuration.md} has them. */
final class ConfigReference {
  private static final String EVERYTHING =
      """
      opi: {tls: {}}
      cloudController: {tls: {}}
      """;

  private static final String BEFORE =
      """
      # Configuration of the scheduler

      Made by `./dropship scheduler --reference`; a test compares it with the code. How values are written, and all that
      holds for the server's file, is said in [configuration.md](configuration.md).

      ```yaml
      opi:
        listen: 0.0.0.0:8085
        tls: {certificate: opi.crt, key: opi.key, clientCa: cf-ca.crt}
      ops: {listen: 127.0.0.1:9091}
      registry:
        api: https://registry.internal:8080
        address: registry.example.com:5000
        user: scheduler
        passwordFile: scheduler.pw
      kubernetes: {namespace: "cf-{space}"}
      ```
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
    return Reference.of(List.of(EVERYTHING), Config::from, Set.of("cloudController"));
  }
}
