package dropship.registry.server;

import dropship.blobstore.settings.Settings;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Path;
import java.util.Optional;

/** A certificate chain and its key, both PEM files. */
public record Tls(Path certificate, Path key) {
  PemKeyCertOptions pem() {
    return new PemKeyCertOptions().addCertPath(certificate.toString()).addKeyPath(key.toString());
  }

  /** Reads {@code tls: {certificate, key}}; absent means plain HTTP. */
  static Optional<Tls> from(Settings surface) {
    if (!surface.has("tls")) {
      return Optional.empty();
    }
    var tls = surface.section("tls");
    return Optional.of(new Tls(tls.file("certificate"), tls.file("key")));
  }
}
