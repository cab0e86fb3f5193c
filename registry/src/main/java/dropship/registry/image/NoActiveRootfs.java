package dropship.registry.image;

/** There is nothing to put droplets on: no version of the stack is active. */
public final class NoActiveRootfs extends RuntimeException {
  NoActiveRootfs(String stack) {
    super(
        "no root file system of the stack "
            + stack
            + " is active; import one with: dropship rootfs import "
            + stack
            + " VERSION FILE --activate");
  }
}
