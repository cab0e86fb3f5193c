package dropship.blobstore.store;

import java.io.IOException;

/** The store, or the scratch space in front of it, is full; nothing has changed. */
public final class NoSpaceLeft extends IOException {
  public NoSpaceLeft(String attempt, Throwable cause) {
    super(attempt + ": no space left on the device", cause);
  }

  /** {@code failure} itself, or a NoSpaceLeft if a full device is what it is about. */
  public static Throwable orElse(Throwable failure, String attempt) {
    for (var cause = failure; cause != null; cause = cause.getCause()) {
      var message = cause.getMessage();
      if (cause instanceof NoSpaceLeft) {
        return failure;
      }
      if (message != null
          && (message.contains("No space left on device")
              || message.contains("Disk quota exceeded"))) {
        return new NoSpaceLeft(attempt, failure);
      }
    }
    return failure;
  }
}
