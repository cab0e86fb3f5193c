package dropship.registry.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whom a command trusts, and what it shows of itself. */
final class TlsOptions {
  @Option(
      names = "--ca",
      paramLabel = "FILE",
      defaultValue = "${env:DROPSHIP_CA}",
      description = "certificates to trust, in PEM, instead of the system's (DROPSHIP_CA)")
  private @Nullable Path ca;

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      defaultValue = "${env:DROPSHIP_CERTIFICATE}",
      description =
          "your own certificate, in PEM, if the server asks for one (DROPSHIP_CERTIFICATE)")
  private @Nullable Path certificate;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      defaultValue = "${env:DROPSHIP_KEY}",
      description = "the key of your certificate, in PEM (DROPSHIP_KEY)")
  private @Nullable Path key;

  ClientTls tls() {
    return new ClientTls(
        Optional.ofNullable(ca), Optional.ofNullable(certificate), Optional.ofNullable(key));
  }
}
