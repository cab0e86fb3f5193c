package dropship.blobstore.server;

import dropship.blobstore.content.Digest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * What a client says it is called, and what it says to prove it (RFC 7617).
 *
 * @param password its SHA-256: what is compared and remembered has one length, whatever is sent
 */
record Credentials(String name, Digest password) {
  private static final String SCHEME = "Basic ";

  /** The credentials in a request; empty without, and where they cannot be anybody's. */
  static Optional<Credentials> in(HttpServerRequest request) {
    var header = request.getHeader(HttpHeaders.AUTHORIZATION);
    if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Optional.empty();
    }
    var text = decode(header.substring(SCHEME.length()).strip());
    int colon = text.indexOf(':');
    return colon < 1
        ? Optional.empty()
        : Optional.of(
            new Credentials(text.substring(0, colon), Users.hash(text.substring(colon + 1))));
  }

  /** Name and password in one hash. */
  Digest digest() {
    return Users.hash(name + ":" + password);
  }

  private static String decode(String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return "";
    }
  }

  @Override
  public String toString() {
    return name + ":***";
  }
}
