package dropship.scheduler.image;

import java.util.Optional;

/** One version of one stack's root file system; written {@code cflinuxfs4/1.2.3}. */
public record Rootfs(String stack, String version) {
  /** Reads what {@link #toString} writes; empty for anything else. */
  public static Optional<Rootfs> parse(String text) {
    int slash = text.indexOf('/');
    return slash < 1 || slash == text.length() - 1
        ? Optional.empty()
        : Optional.of(new Rootfs(text.substring(0, slash), text.substring(slash + 1)));
  }

  @Override
  public String toString() {
    return stack + "/" + version;
  }
}
