package dropship.rootfs.catalog;

/** What was asked for contradicts what there is; nothing has changed. */
public final class RootfsConflict extends RuntimeException {
  RootfsConflict(String message) {
    super(message);
  }
}
