package dropship.registry.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which scheduler a command talks to, and as whom: it asks for a certificate. */
final class SchedulerOptions {
  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "${env:DROPSHIP_SCHEDULER:-https://127.0.0.1:8085}",
      description =
          "where the scheduler listens for Cloud Controller (DROPSHIP_SCHEDULER; default:"
              + " https://127.0.0.1:8085)")
  private URI server = URI.create("https://127.0.0.1:8085");

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
      description = "your own certificate, in PEM (DROPSHIP_CERTIFICATE)")
  private @Nullable Path certificate;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      defaultValue = "${env:DROPSHIP_KEY}",
      description = "the key of your certificate, in PEM (DROPSHIP_KEY)")
  private @Nullable Path key;

  ServerClient connect() throws IOException {
    return new ServerClient(
        server,
        Optional.empty(),
        Optional.empty(),
        new ClientTls(
            Optional.ofNullable(ca), Optional.ofNullable(certificate), Optional.ofNullable(key)));
  }
}
