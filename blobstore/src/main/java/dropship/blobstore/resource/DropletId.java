package dropship.blobstore.resource;

import dropship.blobstore.store.BlobKey;
import java.util.Locale;

/**
 * Names a droplet: the Cloud Controller's guid, and a hash that it computes over the bytes. We take
 * the hash as text and never compare it. Lower case, as the Cloud Controller's blobstore client
 * makes all keys.
 */
public record DropletId(String guid, String hash) {
  /** A file's name may have 255 characters; what is kept beside a droplet needs some of them. */
  private static final int LONGEST = 250;

  public DropletId {
    guid = guid.toLowerCase(Locale.ROOT);
    hash = hash.toLowerCase(Locale.ROOT);
    if (guid.length() > LONGEST || hash.length() > LONGEST) {
      throw new IllegalArgumentException(
          "not a droplet: guid of %d characters, hash of %d, expected at most %d each"
              .formatted(guid.length(), hash.length(), LONGEST));
    }
    if (guid.contains("/") || hash.contains("/")) {
      throw new IllegalArgumentException(
          "not a droplet: guid '"
              + guid
              + "', hash '"
              + hash
              + "', expected neither to contain '/'");
    }
    var _ = new BlobKey(guid + "/" + hash); // says what is wrong with other characters
    var _ = BlobKey.partitioned(guid + "/" + hash);
  }

  /** Where the Cloud Controller keeps the droplet (bits-service, "Keys"). */
  public BlobKey key() {
    return BlobKey.partitioned(this.toString());
  }

  /** {@code guid/hash}. */
  @Override
  public String toString() {
    return guid + "/" + hash;
  }
}
