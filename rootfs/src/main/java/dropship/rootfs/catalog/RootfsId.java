package dropship.rootfs.catalog;

import dropship.blobstore.store.BlobKey;
import java.util.regex.Pattern;

/**
 * Names a version of a stack's root file system. Both become part of a tag, {@code
 * <hash>.<stack>-<version>}, so they are made of what tags are made of.
 */
public record RootfsId(String stack, String version) implements Comparable<RootfsId> {
  /** What names a stack. */
  public static final Pattern STACK = Pattern.compile("[a-z0-9][a-z0-9._-]{0,39}");

  private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9._-]{1,60}");

  /** All that is kept of root file systems, but for their layers. */
  static final BlobKey ALL = new BlobKey("rootfs");

  private static final String ACTIVE = "active";

  public RootfsId {
    checkStack(stack);
    if (!VERSION.matcher(version).matches() || version.equals(ACTIVE)) {
      throw new IllegalArgumentException(
          "not a version: '%s', expected 1 to 60 letters, digits, '.', '_' or '-', but not '%s'"
              .formatted(version, ACTIVE));
    }
  }

  /** Fails if {@code stack} cannot name a stack. */
  public static String checkStack(String stack) {
    if (!STACK.matcher(stack).matches()) {
      throw new IllegalArgumentException(
          "not a stack: '%s', expected a name such as cflinuxfs4, of at most 40 a-z, 0-9, '.', '_' or '-'"
              .formatted(stack));
    }
    return stack;
  }

  BlobKey key() {
    return ALL.child(stack + "/" + version + ".json");
  }

  static BlobKey activeKey(String stack) {
    return ALL.child(stack + "/" + ACTIVE + ".json");
  }

  /** What follows a droplet's hash in the tag that pins this version. */
  public String pin() {
    return "." + stack + "-" + version;
  }

  @Override
  public int compareTo(RootfsId other) {
    int byStack = stack.compareTo(other.stack);
    return byStack == 0 ? version.compareTo(other.version) : byStack;
  }

  @Override
  public String toString() {
    return stack + " " + version;
  }
}
