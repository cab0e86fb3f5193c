package dropship.registry.server;

import dropship.blobstore.settings.Settings;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A certificate chain and its key, and who may connect; all PEM files.
 *
 * @param clientCa whose certificates clients must show; empty = any client
 */
public record Tls(Path certificate, Path key, Optional<Path> clientCa) {

  /** Reads {@code tls: {certificate, key, clientCa}}; absent means plain HTTP. */
  static Optional<Tls> from(Settings surface) {
    if (!surface.has("tls")) {
      return Optional.empty();
    }
    var tls = surface.section("tls");
    return Optional.of(
        new Tls(
            tls.about("the certificate chain; without tls, plain HTTP is served")
                .file("certificate"),
            tls.about("its key").file("key"),
            tls.about("the authority of the certificates that clients must show")
                .file("clientCa", "no client certificates")));
  }

  /** What is read for every handshake, and so is watched for changes. */
  List<Path> files() {
    var files = new ArrayList<>(List.of(certificate, key));
    clientCa.ifPresent(files::add);
    return files;
  }

  /** What is in the files now, when it is used. */
  ServerSSLOptions options() {
    var options =
        new ServerSSLOptions()
            .setKeyCertOptions(
                new PemKeyCertOptions()
                    .addCertPath(certificate.toString())
                    .addKeyPath(key.toString()));
    clientCa.ifPresent(ca ->
        options
            .setClientAuth(ClientAuth.REQUIRED)
            .setTrustOptions(new PemTrustOptions().addCertPath(ca.toString())));
    return options;
  }
}
