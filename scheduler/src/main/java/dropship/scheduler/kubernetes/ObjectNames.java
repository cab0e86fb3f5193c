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
  /** No dots: pods of a StatefulSet are hosts of their names, and hosts have none. */
  private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9](?:[-a-z0-9]*[a-z0-9])?");

  private static final int READABLE = 40;
  private static final int HASH = 10;

  private ObjectNames() {}

  /**
   * At most 51 characters, which leaves a StatefulSet room for what Kubernetes appends.
   *
   * @param readable for people, if a name in Kubernetes can begin with it
   * @param otherwise what it begins with if not: a guid
   * @param unique what the object is for
   */
  static String name(String readable, String otherwise, String unique) {
    var wanted = dashed(readable);
    var usable = DNS_LABEL.matcher(wanted).matches() ? wanted : dashed(otherwise);
    var cut = usable.substring(0, Math.min(READABLE, usable.length())).replaceAll("-+$", "");
    return cut + "-" + hash(unique);
  }

  private static String dashed(String text) {
    return text.toLowerCase(Locale.ROOT).replace('_', '-').replace('.', '-');
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
