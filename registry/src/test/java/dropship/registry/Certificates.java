package dropship.registry;

import dropship.registry.quickstart.Certificate;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

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

  /** The certificate that a new connection to the kubelets' side is shown. */
  static X509Certificate served(RunningServer server) throws Exception {
    var any = SSLContext.getInstance("TLS");
    any.init(null, new TrustManager[] {new TrustsAll()}, null);
    var sockets = any.getSocketFactory();
    try (var socket = (SSLSocket) sockets.createSocket("127.0.0.1", server.port("registry"))) {
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  /** Looks at certificates without judging them. */
  private static final class TrustsAll extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
