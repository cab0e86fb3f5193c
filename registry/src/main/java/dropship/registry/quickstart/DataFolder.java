package dropship.registry.quickstart;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;

/**
 * Where quickstart keeps everything: configuration, passwords, certificate and data. What is there
 * already is left as it is.
 */
public record DataFolder(Path path) {
  /** Makes what is not there yet. */
  public void fill() throws IOException, InterruptedException {
    PrivateFile.makeDirectory(path);
    for (var user : List.of("pull", "admin")) {
      if (!Files.exists(password(user))) {
        PrivateFile.write(password(user), newPassword() + "\n");
      }
    }
    if (!Files.exists(certificate())) {
      Certificate.write(certificate(), path.resolve("tls.key"));
    }
    if (!Files.exists(config())) {
      PrivateFile.write(config(), firstConfig());
    }
  }

  /** On the usual ports, or on the next that are free. */
  private static String firstConfig() throws IOException {
    return """
    # Made by dropship quickstart; yours to change. docs/configuration.md has all keys.
    registry:
      listen: localhost:%d    # for other machines: listen: 0.0.0.0:%1$d, host: NAME:%1$d
      tls: {certificate: tls.crt, key: tls.key}
      users: [{name: pull, passwordFile: pull.pw, actions: [pull]}]
    api:
      listen: 127.0.0.1:%d
      users: [{name: admin, passwordFile: admin.pw, actions: [admin]}]
    ops: {listen: 127.0.0.1:%d}
    store: {type: local, path: data}
    image: {compression: gzip}    # zstd is smaller and faster, but Docker before 23 cannot read it
    log: {level: warn}            # info shows each request
    """
        .formatted(FreePort.from(5000), FreePort.from(8080), FreePort.from(9090));
  }

  private static String newPassword() {
    var random = new byte[16];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  public Path config() {
    return path.resolve("dropship.yml");
  }

  /** The file that holds a user's password. */
  public Path password(String user) {
    return path.resolve(user + ".pw");
  }

  public Path certificate() {
    return path.resolve("tls.crt");
  }

  /**
   * Lays the certificate out as clients look for those they trust: a folder for each registry. All
   * of them read {@code ca.crt}; containerd needs to be told besides that it is not plain HTTP on
   * this machine either.
   *
   * @param registry {@code host:port}
   */
  public void trust(String registry) throws IOException {
    var folder = Files.createDirectories(trusted(registry));
    Files.copy(certificate(), folder.resolve("ca.crt"), StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(
        folder.resolve("hosts.toml"),
        """
        server = "https://%1$s"
        [host."https://%1$s"]
          capabilities = ["pull", "resolve"]
          ca = "ca.crt"
        """
            .formatted(registry));
  }

  /** The folder for one registry. */
  public Path trusted(String registry) {
    boolean windows = File.separatorChar == '\\'; // where a name cannot have a colon
    return trusted().resolve(windows ? registry.replace(":", "") : registry);
  }

  /** The folder of such folders. */
  public Path trusted() {
    return path.resolve("certs.d");
  }
}
