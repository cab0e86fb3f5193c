package dropship.scheduler.peer;

import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * What we trust, and what we show of ourselves; all PEM files, whose content may change.
 *
 * @param ca certificates to trust instead of the system's
 * @param certificate our own chain, for servers that ask for one
 * @param key the key of that
 */
public record PeerTls(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {
  /** What the system trusts, and nothing to show. */
  public static final PeerTls SYSTEM =
      new PeerTls(Optional.empty(), Optional.empty(), Optional.empty());

  public PeerTls {
    if (certificate.isPresent() != key.isPresent()) {
      throw new IllegalArgumentException(
          "a certificate and its key belong together: give both, or neither");
    }
  }

  List<Path> files() {
    var files = new ArrayList<Path>();
    ca.ifPresent(files::add);
    certificate.ifPresent(files::add);
    key.ifPresent(files::add);
    return files;
  }

  /** Of what is in the files now. */
  SSLContext context() throws IOException {
    try {
      var tls = SslContextBuilder.forClient().sslProvider(SslProvider.JDK);
      ca.ifPresent(file -> tls.trustManager(file.toFile()));
      if (certificate.isPresent() && key.isPresent()) {
        tls.keyManager(certificate.get().toFile(), key.get().toFile());
      }
      return ((JdkSslContext) tls.build()).context();
    } catch (IllegalArgumentException e) {
      throw new IOException("expected PEM files: " + files() + ": " + e.getMessage(), e);
    }
  }
}
