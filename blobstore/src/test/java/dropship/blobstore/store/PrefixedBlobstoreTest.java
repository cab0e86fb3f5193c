package dropship.blobstore.store;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.content.Content;
import dropship.blobstore.store.memory.MemoryBlobstore;
import org.junit.jupiter.api.Test;

class PrefixedBlobstoreTest extends BlobstoreContract {
  private MemoryBlobstore whole;

  @Override
  protected Blobstore newStore() {
    whole = new MemoryBlobstore(vertx);
    return new PrefixedBlobstore(whole, new BlobKey("cc-droplets"));
  }

  @Test
  void keepsEverythingBelowItsPrefix() {
    await(store.put(new BlobKey("ab/cd/abcd"), Content.of("x"), Condition.ALWAYS));

    assertThat(await(whole.stat(new BlobKey("cc-droplets/ab/cd/abcd")))).isPresent();
    assertThat(await(whole.stat(new BlobKey("ab/cd/abcd")))).isEmpty();
  }
}
