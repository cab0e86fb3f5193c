package dropship.blobstore.store;

import java.io.IOException;

/** A put was not carried out because its {@link Condition} did not hold; nothing has changed. */
public final class PreconditionFailed extends IOException {
  public PreconditionFailed(BlobKey key, Condition condition) {
    super("did not store '" + key + "': the condition " + condition + " does not hold");
  }
}
