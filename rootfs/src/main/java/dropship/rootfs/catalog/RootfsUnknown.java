package dropship.rootfs.catalog;

/** There is no such version. */
public final class RootfsUnknown extends RuntimeException {
  RootfsUnknown(RootfsId id) {
    super("there is no root file system " + id + "; import it first");
  }
}
