package dropship.blobstore.server;

import dropship.blobstore.settings.Address;
import dropship.blobstore.settings.Settings;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One side of the server: where it listens, how, and for whom.
 *
 * @param name as in the configuration
 * @param host what clients call it, {@code host} or {@code host:port}
 * @param connections how many there may be at once
 */
public record Surface(
    String name,
    Address listen,
    Optional<String> host,
    Optional<Tls> tls,
    Users users,
    int connections) {
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.-]+(:\\d{1,5})?");
  private static final int CONNECTIONS = 16384;
  private static final int MOST_CONNECTIONS = 1 << 20;

  /** Reads a surface that people and machines log in to. */
  public static Surface from(Settings settings, String name) {
    var surface = settings.section(name);
    return new Surface(
        name,
        listenIn(surface),
        hostIn(surface),
        Tls.from(surface),
        Users.from(surface),
        connectionsIn(surface));
  }

  /** Reads a surface whose requests show by themselves that they are allowed. */
  public static Surface withoutUsersFrom(Settings settings, String name) {
    var surface = settings.section(name);
    return new Surface(
        name,
        listenIn(surface),
        hostIn(surface),
        Tls.from(surface),
        Users.NONE,
        connectionsIn(surface));
  }

  /** Reads a surface that has its listener for itself, and knows clients by certificates alone. */
  public static Surface withCertificatesFrom(Settings settings, String name) {
    var surface = settings.section(name);
    return new Surface(
        name,
        listenIn(surface),
        Optional.empty(),
        Tls.from(surface),
        Users.NONE,
        connectionsIn(surface));
  }

  /** Reads a surface that asks nobody who they are. */
  public static Surface openFrom(Settings settings, String name) {
    var surface = settings.section(name);
    return new Surface(
        name,
        listenIn(surface),
        Optional.empty(),
        Optional.empty(),
        Users.NONE,
        connectionsIn(surface));
  }

  private static Address listenIn(Settings surface) {
    return surface.about("where it listens; port 0 is any that is free").address("listen");
  }

  private static Optional<String> hostIn(Settings surface) {
    return surface
        .about("what clients call it; surfaces that share a listener are told apart by it")
        .text("host", HOST, "a host name, with or without a port", "the address");
  }

  private static int connectionsIn(Settings surface) {
    return Math.clamp(
        surface
            .about(
                "how many connections there may be; the one that has waited longest without a"
                    + " request makes way for a new one")
            .count("connections", CONNECTIONS),
        1,
        MOST_CONNECTIONS);
  }

  /** Whether a request for {@code authority}, a host without its port, is for this surface. */
  boolean isCalled(String authority) {
    return host.map(name -> name.replaceFirst(":\\d+$", "").equalsIgnoreCase(authority))
        .orElse(true);
  }
}
