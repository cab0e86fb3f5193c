package dropship.rootfs.catalog;

import java.io.IOException;

/** A file that was to be imported is not a root file system. */
public final class InvalidRootfs extends IOException {
  InvalidRootfs(String message) {
    super(message);
  }

  InvalidRootfs(String message, Throwable cause) {
    super(message, cause);
  }
}
