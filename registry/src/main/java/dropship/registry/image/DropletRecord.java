package dropship.registry.image;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dropship.blobstore.resource.DropletId;
import dropship.blobstore.store.BlobKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is remembered of a droplet: all that its images are made of, so that its bytes are never
 * read again. Written after everything it names is in place.
 *
 * @param size of the droplet as uploaded, in bytes
 * @param sha1 of the same, in hex
 * @param sha256 of the same, in hex
 * @param layers lowest first; none if unsuitable
 * @param codec what made the layers' bytes, see {@code Compression.codec}
 * @param created when it was staged, in whole seconds
 * @param leftOut how many entries of which type an image cannot have
 * @param unsuitable why no image can be made of it
 */
public record DropletRecord(
    long size,
    String sha1,
    String sha256,
    List<DropletLayer> layers,
    String codec,
    Optional<String> startCommand,
    Optional<String> buildpack,
    Instant created,
    Map<String, Integer> leftOut,
    Optional<String> unsuitable) {

  static final BlobKey ALL = new BlobKey("droplets");

  /** Where the record of {@code id} is kept. */
  static BlobKey keyOf(DropletId id) {
    return ALL.child(id + ".json");
  }

  /** The droplet whose record is kept under {@code key}. */
  static DropletId idOf(BlobKey key) {
    var below = key.value().substring(ALL.value().length() + 1);
    int slash = below.indexOf('/');
    return new DropletId(
        below.substring(0, slash), below.substring(slash + 1, below.length() - ".json".length()));
  }

  @JsonIgnore
  public boolean isSuitable() {
    return unsuitable.isEmpty();
  }

  /** Whether this one, which was there before, stays when {@code newer} comes. */
  boolean stands(DropletRecord newer) {
    return isSuitable() && sha256.equals(newer.sha256);
  }
}
