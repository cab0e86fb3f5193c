package dropship.registry.cli;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Paths of URLs. */
final class Paths {
  private Paths() {}

  /** The path of these segments, each encoded: what a person typed cannot lead elsewhere. */
  static String of(String... segments) {
    for (var segment : segments) {
      if (segment.matches("\\.{0,2}")) {
        throw new ServerRefused("'" + segment + "' is not a name");
      }
    }
    return Arrays.stream(segments)
        .map(segment -> URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20"))
        .collect(Collectors.joining("/", "/", ""));
  }
}
