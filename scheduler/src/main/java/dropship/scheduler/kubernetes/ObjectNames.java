package dropship.scheduler.kubernetes;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Names of objects: a part for people, cut short, and a hash of what they are for. Objects are
 * never looked up by them.
 */
final class ObjectNames {
  private static final Pattern DNS_NAME =
      Pattern.compile("[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*");

  private static final int READABLE = 40;
  private static final int HASH = 10;

  private ObjectNames() {}

  /**
   * At most 51 characters, which leaves a StatefulSet room for what Kubernetes appends.
   *
   * @param readable for people, if a name in Kubernetes may begin with it
   * @param otherwise what it begins with if not
   * @param unique what the object is for
   */
  static String name(String readable, String otherwise, String unique) {
    var wanted = readable.toLowerCase(Locale.ROOT).replace('_', '-');
    var usable = DNS_NAME.matcher(wanted).matches() ? wanted : otherwise.toLowerCase(Locale.ROOT);
    var cut = usable.substring(0, Math.min(READABLE, usable.length())).replaceAll("[.-]+$", "");
    return cut + "-" + hash(unique);
  }

  /** The first ten hex digits of the SHA-256. */
  static String hash(String text) {
    try {
      var digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HASH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
