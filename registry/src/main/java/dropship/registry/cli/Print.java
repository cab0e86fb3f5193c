package dropship.registry.cli;

import io.vertx.core.json.JsonObject;
import java.util.Locale;

/** How things are told to people. */
final class Print {
  private Print() {}

  /** {@code sha256:… 41.2 MiB (107.0 MiB unpacked)}. */
  static String layer(JsonObject layer) {
    return "%s  %s (%s unpacked)"
        .formatted(
            layer.getString("digest"),
            size(layer.getLong("size")),
            size(layer.getLong("uncompressedSize")));
  }

  /** A number of bytes, {@code 41.2 MiB}. */
  static String size(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    int power = (63 - Long.numberOfLeadingZeros(bytes)) / 10;
    return String.format(
        Locale.ROOT, "%.1f %ciB", bytes / Math.pow(1024, power), " KMGTPE".charAt(power));
  }
}
