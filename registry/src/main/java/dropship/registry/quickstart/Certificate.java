package dropship.registry.quickstart;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A certificate for this machine that signs itself, made by the JDK's own keytool. */
public final class Certificate {
  private static final String ALIAS = "dropship";
  private static final String DAYS = "825";
  private static final long PATIENCE_SECONDS = 60;

  private Certificate() {}

  /** Writes certificate and key as PEM files; the certificate last. */
  public static void write(Path certificate, Path key) throws IOException, InterruptedException {
    var password = UUID.randomUUID().toString();
    var directory = Files.createTempDirectory("dropship-");
    var store = directory.resolve("key.p12");
    try {
      run(keytool(store, password));
      var keys = KeyStore.getInstance(store.toFile(), password.toCharArray());
      var privateKey = keys.getKey(ALIAS, password.toCharArray()).getEncoded();
      PrivateFile.write(key, pem("PRIVATE KEY", privateKey));
      PrivateFile.write(certificate, pem("CERTIFICATE", keys.getCertificate(ALIAS).getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IOException("reading what keytool made: " + e.getMessage(), e);
    } finally {
      Files.deleteIfExists(store);
      Files.delete(directory);
    }
  }

  private static List<String> keytool(Path store, String password) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
        "-genkeypair",
        "-alias",
        ALIAS,
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-dname",
        "CN=dropship quickstart",
        "-ext",
        "san=dns:localhost,ip:127.0.0.1,ip:::1" + ownName(),
        "-validity",
        DAYS,
        "-storetype",
        "PKCS12",
        "-keystore",
        store.toString(),
        "-storepass",
        password);
  }

  /** The machine's own name, if it has one that a certificate can carry. */
  private static String ownName() {
    try {
      var name = InetAddress.getLocalHost().getHostName();
      return name.matches("[A-Za-z][A-Za-z0-9.-]*") && !name.equals("localhost")
          ? ",dns:" + name
          : "";
    } catch (IOException nameless) {
      return "";
    }
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException("keytool could not make a certificate: " + output.strip());
    }
  }

  private static String pem(String type, byte[] der) {
    var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(type, text, type);
  }
}
