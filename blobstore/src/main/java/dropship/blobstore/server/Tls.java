package dropship.blobstore.server;

import dropship.blobstore.content.Blocking;
import dropship.blobstore.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.X509KeyManager;

/**
 * A certificate chain and its key, and who may connect; all PEM files.
 *
 * @param clientCa whose certificates clients must show; empty = any client
 */
public record Tls(Path certificate, Path key, Optional<Path> clientCa) {
  /** What keys sign with, by what kind of keys they are. */
  private static final Map<String, String> SIGNATURES =
      Map.of("EC", "SHA256withECDSA", "RSA", "SHA256withRSA", "EdDSA", "EdDSA");

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

  /**
   * Fails if the key is not the certificate's: it could be used, and no handshake would succeed.
   */
  Future<?> check(Vertx vertx) {
    return Blocking.call(
        vertx,
        () -> {
          var files = pem().getKeyManagerFactory(vertx).getKeyManagers();
          if (!isPair((X509KeyManager) files[0])) {
            throw new IOException("the key in %s is not that of %s".formatted(key, certificate));
          }
          return this;
        });
  }

  private static boolean isPair(X509KeyManager files) throws GeneralSecurityException {
    for (var type : SIGNATURES.keySet()) {
      var names = files.getServerAliases(type, null);
      if (names != null) {
        var message = new byte[] {1};
        var signature = Signature.getInstance(SIGNATURES.get(type));
        signature.initSign(files.getPrivateKey(names[0]));
        signature.update(message);
        var signed = signature.sign();
        signature.initVerify(files.getCertificateChain(names[0])[0]);
        signature.update(message);
        return signature.verify(signed);
      }
    }
    return true; // of a kind we do not know
  }

  private PemKeyCertOptions pem() {
    return new PemKeyCertOptions().addCertPath(certificate.toString()).addKeyPath(key.toString());
  }

  /** What is in the files now, when it is used. */
  ServerSSLOptions options() {
    var options = new ServerSSLOptions().setKeyCertOptions(pem());
    clientCa.ifPresent(ca ->
        options
            .setClientAuth(ClientAuth.REQUIRED)
            .setTrustOptions(new PemTrustOptions().addCertPath(ca.toString())));
    return options;
  }
}
