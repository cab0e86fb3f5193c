package dropship.blobstore.store.cache;

import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.BlobstoreContract;
import dropship.blobstore.store.memory.MemoryBlobstore;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class CachedBlobstoreTest extends BlobstoreContract {
  @TempDir private Path directory;
  private CachedBlobstore cached;

  @Override
  protected Blobstore newStore() throws IOException {
    cached = CachedBlobstore.open(vertx, new MemoryBlobstore(vertx), directory, 1 << 20);
    return cached;
  }

  @AfterEach
  void close() throws IOException {
    cached.close();
  }
}
