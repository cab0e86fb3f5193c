package dropship.registry.cli;

import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/**
 * What a client trusts, and what it shows of itself; all PEM files.
 *
 * @param ca certificates to trust instead of the system's
 * @param certificate its own chain, for servers that ask for one
 * @param key the key of that
 */
public record ClientTls(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {
  public ClientTls {
    if (certificate.isPresent() != key.isPresent()) {
      throw new ServerRefused("--certificate and --key belong together: give both, or neither");
    }
  }

  /** The system's, if none of them is given. */
  public SSLContext context() {
    try {
      var tls = SslContextBuilder.forClient().sslProvider(SslProvider.JDK);
      ca.ifPresent(file -> tls.trustManager(file.toFile()));
      if (certificate.isPresent() && key.isPresent()) {
        tls.keyManager(certificate.get().toFile(), key.get().toFile());
      }
      return ((JdkSslContext) tls.build()).context();
    } catch (SSLException | IllegalArgumentException e) {
      throw new ServerRefused(
          "--ca, --certificate or --key: expected PEM files: " + e.getMessage());
    }
  }
}
