package dropship.registry;

import dropship.registry.quickstart.Certificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Certificates that sign themselves, and clients that trust them. */
final class Certificates {
  /** The variables of a server that uses what {@link #write} writes, on the kubelets' side. */
  static final Map<String, String> TLS =
      Map.of(
          "DROPSHIP_REGISTRY_TLS_CERTIFICATE", "tls.crt",
          "DROPSHIP_REGISTRY_TLS_KEY", "tls.key");

  private Certificates() {}

  /** Puts a new certificate, with a new key, in the place of what may be in {@code directory}. */
  static X509Certificate write(Path directory) throws Exception {
    Files.deleteIfExists(directory.resolve("tls.key"));
    Certificate.write(directory.resolve("tls.crt"), directory.resolve("tls.key"));
    return read(directory.resolve("tls.crt"));
  }

  static X509Certificate read(Path pem) throws Exception {
    try (var in = Files.newInputStream(pem)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  static SSLContext trusting(X509Certificate... certificates) throws Exception {
    var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    for (int i = 0; i < certificates.length; i++) {
      trusted.setCertificateEntry("trusted-" + i, certificates[i]);
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
