package dropship.rootfs.layer;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dropship.blobstore.content.Digest;

/**
 * The digest of a layer's <em>uncompressed</em> tar (OCI image-spec, "Layer DiffID"). A type of its
 * own, so that it is never taken for the digest of the bytes that are sent.
 */
public record DiffId(@JsonValue Digest digest) {
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public DiffId {}

  @Override
  public String toString() {
    return digest.value();
  }
}
