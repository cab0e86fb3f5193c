package dropship.registry;

import dropship.blobstore.server.Surface;
import dropship.blobstore.settings.Settings;
import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The side on which whoever has a signed URL may do what it says.
 *
 * @param url what clients call it, where that is not its host and port
 */
record PublicSurface(Surface surface, Optional<URI> url, SigningFiles signing) {
  private static final Pattern URL = Pattern.compile("https?://[^/?#\\s@]+/?");

  /** Empty if the configuration has none: then no URLs are signed. */
  static Optional<PublicSurface> from(Settings settings) {
    return settings
        .section("public", "listen")
        .map(section ->
            new PublicSurface(
                Surface.withoutUsersFrom(settings, "public"),
                section
                    .about("what clients call it, if an ingress or another port is before it")
                    .text(
                        "url",
                        URL,
                        "a URL such as https://bits.example.com",
                        "its host and the port it listens on")
                    .map(URI::create),
                SigningFiles.from(section.section("signing"))));
  }

  /** What signed URLs begin with, on a surface that listens on {@code port}. */
  URI url(int port) {
    var host = surface.host().orElse(surface.listen().host()).replaceFirst(":\\d+$", "");
    var scheme = surface.tls().isPresent() ? "https" : "http";
    return url.orElseGet(() -> URI.create("%s://%s:%d".formatted(scheme, host, port)));
  }
}
