package dropship.registry.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which server a command talks to, and as whom. */
final class ServerOptions {
  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "${env:DROPSHIP_SERVER:-http://127.0.0.1:8080}",
      description = "the server's api surface (DROPSHIP_SERVER; default: http://127.0.0.1:8080)")
  private URI server = URI.create("http://127.0.0.1:8080");

  @Option(
      names = "--user",
      paramLabel = "NAME",
      defaultValue = "${env:DROPSHIP_USER}",
      description = "who you are (DROPSHIP_USER)")
  private @Nullable String user;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      defaultValue = "${env:DROPSHIP_PASSWORD_FILE}",
      description = "a file that holds your password (DROPSHIP_PASSWORD_FILE)")
  private @Nullable Path passwordFile;

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

  ServerClient connect() throws IOException {
    return new ServerClient(
        server,
        Optional.ofNullable(user).filter(name -> !name.isEmpty()),
        Optional.ofNullable(passwordFile),
        new ClientTls(
            Optional.ofNullable(ca), Optional.ofNullable(certificate), Optional.ofNullable(key)));
  }
}
