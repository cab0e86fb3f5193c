package dropship.rootfs.layer;

import dropship.blobstore.content.Digest;
import dropship.blobstore.store.BlobKey;

/**
 * A layer that is kept in the store.
 *
 * @param digest of the bytes as stored and sent
 * @param size of the same, in bytes
 * @param diffId of the uncompressed tar
 * @param uncompressedSize of the same, in bytes
 */
public record Layer(
    Compression compression, Digest digest, long size, DiffId diffId, long uncompressedSize) {

  /** Where the layer is kept. The digest is the key, so equal layers are kept once. */
  public BlobKey key() {
    var hex = digest.hex();
    return Layers.ALL.child("sha256/" + hex.substring(0, 2) + "/" + hex);
  }
}
