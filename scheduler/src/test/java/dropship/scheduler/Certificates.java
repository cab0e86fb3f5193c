package dropship.scheduler;

import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/** Certificates that sign themselves, made by the JDK's keytool, and clients that show them. */
final class Certificates {
  private static final String PASSWORD = "only for this test";

  private Certificates() {}

  /** Writes {@code <name>.crt} and {@code <name>.key}. */
  static void write(Path directory, String name) throws Exception {
    var store = directory.resolve(name + ".p12");
    var process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    name,
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=" + name,
                    "-ext",
                    "san=dns:localhost,ip:127.0.0.1",
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    store.toString(),
                    "-storepass",
                    PASSWORD))
            .redirectErrorStream(true)
            .start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IllegalStateException(output);
    }
    var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    var key = keys.getKey(name, PASSWORD.toCharArray()).getEncoded();
    Files.writeString(directory.resolve(name + ".key"), pem("PRIVATE KEY", key));
    Files.writeString(
        directory.resolve(name + ".crt"),
        pem("CERTIFICATE", keys.getCertificate(name).getEncoded()));
  }

  private static String pem(String type, byte[] der) {
    var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(type, text, type);
  }

  /** A client that trusts one certificate, and may show another. */
  static SSLContext client(Path directory, String trusted, Optional<String> shown)
      throws Exception {
    var tls =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .trustManager(directory.resolve(trusted + ".crt").toFile());
    shown.ifPresent(name ->
        tls.keyManager(
            directory.resolve(name + ".crt").toFile(), directory.resolve(name + ".key").toFile()));
    return ((JdkSslContext) tls.build()).context();
  }
}
