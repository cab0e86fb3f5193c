package dropship.registry.oci;

import dropship.blobstore.content.Digest;
import java.util.regex.Pattern;

/** What names a manifest within a repository: a tag, which may move, or a digest, which cannot. */
public sealed interface Reference {
  /** A tag (distribution-spec, "Pulling manifests"). */
  record Tag(String value) implements Reference {
    private static final Pattern WELL_FORMED = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}");

    public Tag {
      if (!isWellFormed(value)) {
        throw OciError.MANIFEST_UNKNOWN.because(
            "not a tag: '" + value + "', expected up to 128 letters, digits, '.', '_' or '-'");
      }
    }

    public static boolean isWellFormed(String value) {
      return WELL_FORMED.matcher(value).matches();
    }
  }

  /** A digest. */
  record ByDigest(Digest value) implements Reference {}

  /** A digest if it contains a colon, otherwise a tag. */
  static Reference parse(String text) {
    return text.contains(":") ? new ByDigest(digest(text)) : new Tag(text);
  }

  /** The digest that {@code text} is, or a DIGEST_INVALID failure. */
  static Digest digest(String text) {
    try {
      return new Digest(text);
    } catch (IllegalArgumentException malformed) {
      throw OciError.DIGEST_INVALID.because(String.valueOf(malformed.getMessage()));
    }
  }
}
