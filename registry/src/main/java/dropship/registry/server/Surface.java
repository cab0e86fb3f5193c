package dropship.registry.server;

import dropship.blobstore.settings.Address;
import dropship.blobstore.settings.Settings;
import java.util.Optional;

/**
 * One side of the server: where it listens, how, and for whom.
 *
 * @param name as in the configuration
 */
public record Surface(String name, Address listen, Optional<Tls> tls, Users users) {
  /** Reads a surface that people and machines log in to. */
  public static Surface from(Settings settings, String name) {
    var surface = settings.section(name);
    return new Surface(name, surface.address("listen"), Tls.from(surface), Users.from(surface));
  }

  /** Reads a surface that asks nobody who they are. */
  public static Surface openFrom(Settings settings, String name) {
    var surface = settings.section(name);
    return new Surface(name, surface.address("listen"), Optional.empty(), Users.NONE);
  }
}
