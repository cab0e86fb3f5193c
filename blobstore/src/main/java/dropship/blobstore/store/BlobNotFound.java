package dropship.blobstore.store;

import java.io.IOException;

/** There is no blob under the key. */
public final class BlobNotFound extends IOException {
  public BlobNotFound(BlobKey key) {
    super("no blob under the key '" + key + "'");
  }
}
