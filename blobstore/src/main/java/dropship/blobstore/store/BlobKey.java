package dropship.blobstore.store;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Names a blob in a store: segments of printable ASCII joined by {@code /}, at most 1024 characters
 * (the limit of S3), each segment at most 255 (the limit of file systems). No segment is empty, "."
 * or "..": a key that exists cannot lead out of the place it is put below.
 */
public record BlobKey(String value) implements Comparable<BlobKey> {
  private static final Pattern WELL_FORMED =
      Pattern.compile(
          "(?!\\.{1,2}(/|$))[ -~&&[^/\\\\]]{1,255}(/(?!\\.{1,2}(/|$))[ -~&&[^/\\\\]]{1,255})*");
  private static final int MAXIMUM_LENGTH = 1024;

  public BlobKey {
    if (!isWellFormed(value)) {
      throw new IllegalArgumentException(
          "not a key: '"
              + printable(value)
              + "', expected segments of 1 to 255 printable ASCII characters joined by '/', none of"
              + " them '.' or '..', at most "
              + MAXIMUM_LENGTH
              + " in all");
    }
  }

  /** Whether {@code value} is a key. */
  public static boolean isWellFormed(String value) {
    return value.length() <= MAXIMUM_LENGTH && WELL_FORMED.matcher(value).matches();
  }

  /**
   * The Cloud Controller's key for {@code id}: its first two and its next two characters go in
   * front as directories, {@code abcd-1} is {@code ab/cd/abcd-1} (bits-service, "Keys").
   * Lower-cased, as its blobstore client does.
   */
  public static BlobKey partitioned(String id) {
    var name = id.toLowerCase(Locale.ROOT);
    var first = name.length() < 3 ? name : name.substring(0, 2);
    var second = name.length() < 3 ? "" : name.substring(2, Math.min(4, name.length()));
    // An id of two short segments would give an empty directory, which file systems ignore.
    return new BlobKey((first + "/" + second + "/" + name).replaceAll("/{2,}", "/"));
  }

  /** This key with {@code more} segments behind it. */
  public BlobKey child(String more) {
    return new BlobKey(value + "/" + more);
  }

  /** Whether this key lies below {@code other}, which is then a prefix of whole segments. */
  public boolean isBelow(BlobKey other) {
    return value.startsWith(other.value + "/");
  }

  /** The last segment. */
  public String name() {
    return value.substring(value.lastIndexOf('/') + 1);
  }

  @Override
  public int compareTo(BlobKey other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }

  private static String printable(String text) {
    var shortened = text.length() > 200 ? text.substring(0, 200) + "…" : text;
    return shortened.replaceAll("[^ -~…]", "?");
  }
}
