package dropship.registry.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
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

  @Mixin private TlsOptions tls = new TlsOptions();

  ServerClient connect() throws IOException {
    return new ServerClient(
        server,
        Optional.ofNullable(user).filter(name -> !name.isEmpty()),
        Optional.ofNullable(passwordFile),
        tls.tls());
  }
}
