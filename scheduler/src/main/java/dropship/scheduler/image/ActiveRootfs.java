package dropship.scheduler.image;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which root file systems new images use.
 *
 * @param defaultStack the stack of images that name none
 * @param stacks by their names
 */
public record ActiveRootfs(String defaultStack, Map<String, Stack> stacks) {
  public ActiveRootfs {
    stacks = Map.copyOf(stacks);
  }

  /** The versions of a stack that matter: the one in use, and the one before it. */
  public record Stack(Optional<String> active, Optional<String> previous) {}

  /** The active version of a stack; empty if it has none, or is unknown. */
  public Optional<String> versionOf(String stack) {
    return Optional.ofNullable(stacks.get(stack)).flatMap(Stack::active);
  }

  /** The version that was active before. */
  public Optional<String> previousOf(String stack) {
    return Optional.ofNullable(stacks.get(stack)).flatMap(Stack::previous);
  }

  /** The active version of a stack, if it has one. */
  public Optional<Rootfs> of(String stack) {
    return versionOf(stack).map(version -> new Rootfs(stack, version));
  }

  /** {@code cflinuxfs4=1.200.0,other=2}: what is active, in one line and one order. */
  @Override
  public String toString() {
    var line = new StringBuilder();
    new TreeMap<>(stacks)
        .forEach((name, stack) ->
            stack
                .active()
                .ifPresent(version ->
                    line.append(line.isEmpty() ? "" : ",")
                        .append(name)
                        .append('=')
                        .append(version)));
    return line.toString();
  }
}
