package dropship.registry.cli;

import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import picocli.CommandLine.Mixin;
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

  @Mixin private TlsOptions tls = new TlsOptions();

  ServerClient connect() throws IOException {
    return new ServerClient(server, Optional.empty(), Optional.empty(), tls.tls());
  }
}
