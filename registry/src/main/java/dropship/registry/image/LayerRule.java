package dropship.registry.image;

import dropship.registry.image.DropletLayer.Kind;
import java.util.regex.Pattern;

/**
 * Which layer a path of a droplet belongs in, by how rarely its content changes: what buildpacks
 * install, what the app's package manager installs, the app. Decided by the path alone, so that it
 * does not depend on the order of a tar. A directory is in the layer of what is in it.
 */
final class LayerRule {
  /** Installed for the app, as its lock file has it; wherever that is, also within a runtime. */
  private static final Pattern LIBRARIES =
      anyOf(
          "(app|app/.+)/node_modules", // Node.js
          "deps/[^/]+/node_modules",
          "app/(BOOT-INF|WEB-INF)/lib", // Java
          "app/\\.java-buildpack/[^/]+", // agents and servers; a JRE is a runtime, see below
          "app/vendor", // PHP, Ruby
          "app/lib/vendor",
          "deps/[^/]+/(vendor_bundle|gem_home)", // Ruby
          "(app|deps)/.+/(site-packages|dist-packages)"); // Python

  /** Installed by a buildpack, and the same for all apps that it serves. */
  private static final Pattern RUNTIME = anyOf("deps/[^/]+");

  private static final Pattern JRE = anyOf("app/\\.java-buildpack/[^/]*(jre|jdk)[^/]*");

  private LayerRule() {}

  private static Pattern anyOf(String... directories) {
    return Pattern.compile("(" + String.join("|", directories) + ")(/.*)?", Pattern.DOTALL);
  }

  /** The kind of layer that {@code path}, relative to the home directory, belongs in. */
  static Kind of(String path) {
    if (JRE.matcher(path).matches()) {
      return Kind.runtime;
    }
    if (LIBRARIES.matcher(path).matches()) {
      return Kind.libraries;
    }
    return RUNTIME.matcher(path).matches() ? Kind.runtime : Kind.app;
  }
}
