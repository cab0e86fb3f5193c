package dropship.blobstore.store.memory;

import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.BlobstoreContract;

class MemoryBlobstoreTest extends BlobstoreContract {
  @Override
  protected Blobstore newStore() {
    return new MemoryBlobstore(vertx);
  }
}
