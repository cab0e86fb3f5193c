package dropship.blobstore.content;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Names content by its hash, {@code sha256:9f86d0…}. A Digest that exists is well formed: of a
 * registered algorithm and in its canonical spelling (OCI image-spec, descriptor, "Digests").
 */
public record Digest(@JsonValue String value) {
  private static final Pattern WELL_FORMED =
      Pattern.compile("sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}");

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public Digest {
    if (!WELL_FORMED.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "not a digest: '" + value + "', expected sha256: and 64 lower-case hex digits");
    }
  }

  /** The digest of {@code bytes}, by SHA-256. */
  public static Digest of(byte[] bytes) {
    return fromSha256(sha256().digest(bytes));
  }

  /** The digest whose raw hash is {@code hash}, 32 bytes as SHA-256 makes them. */
  public static Digest fromSha256(byte[] hash) {
    return new Digest("sha256:" + HexFormat.of().formatHex(hash));
  }

  public static MessageDigest sha256() {
    return hash("SHA-256");
  }

  public static MessageDigest sha1() {
    return hash("SHA-1");
  }

  private static MessageDigest hash(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(
          "every Java platform is required to have " + algorithm, impossible);
    }
  }

  /** The hash itself, in hex. */
  public String hex() {
    return value.substring(value.indexOf(':') + 1);
  }

  @Override
  public String toString() {
    return value;
  }
}
