package dropship.blobstore.store;

import java.io.IOException;
import java.util.Optional;

/**
 * The store did not answer, or refused for now: the same may succeed later. Whether what was asked
 * for has happened all the same is not known.
 */
public final class StoreUnavailable extends IOException {
  /** How long clients are asked to wait before they try again. */
  public static final String RETRY_SECONDS = "5";

  public StoreUnavailable(String message, Throwable cause) {
    super(message, cause);
  }

  /** The one that {@code failure} is, or comes from. */
  public static Optional<StoreUnavailable> in(Throwable failure) {
    for (var cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof StoreUnavailable unavailable) {
        return Optional.of(unavailable);
      }
    }
    return Optional.empty();
  }
}
