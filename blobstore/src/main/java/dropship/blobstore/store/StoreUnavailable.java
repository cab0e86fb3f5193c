package dropship.blobstore.store;

import java.io.IOException;

/**
 * The store did not answer, or refused for now: the same may succeed later. Whether what was asked
 * for has happened all the same is not known.
 */
public final class StoreUnavailable extends IOException {
  public StoreUnavailable(String message, Throwable cause) {
    super(message, cause);
  }

  /** Whether this is what {@code failure} is, or comes from. */
  public static boolean isBehind(Throwable failure) {
    for (var cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof StoreUnavailable) {
        return true;
      }
    }
    return false;
  }
}
