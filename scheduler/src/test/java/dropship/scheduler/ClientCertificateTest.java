package dropship.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Cloud Controller shows its certificate; nobody else gets as far as HTTP. */
@Timeout(60)
class ClientCertificateTest {
  @TempDir private static Path directory;
  @AutoClose private RunningScheduler scheduler;

  @BeforeAll
  static void makeCertificates() throws Exception {
    for (var name : new String[] {"opi", "controller", "stranger"}) {
      Certificates.write(directory, name);
    }
  }

  private static void trust(String certificate) throws IOException {
    Files.copy(
        directory.resolve(certificate + ".crt"),
        directory.resolve("ca.crt"),
        StandardCopyOption.REPLACE_EXISTING);
  }

  @BeforeEach
  void start() throws Exception {
    trust("controller");
    scheduler =
        new RunningScheduler(
            directory,
            Clock.systemUTC(),
            Map.of(
                "DROPSHIP_OPI_TLS_CERTIFICATE", "opi.crt",
                "DROPSHIP_OPI_TLS_KEY", "opi.key",
                "DROPSHIP_OPI_TLS_CLIENT_CA", "ca.crt"));
  }

  private int statusFor(Optional<String> certificate) throws Exception {
    var tls = Certificates.client(directory, "opi", certificate);
    try (var client = HttpClient.newBuilder().sslContext(tls).build()) {
      var uri = URI.create("https://127.0.0.1:%d/apps".formatted(scheduler.port("opi")));
      var request = HttpRequest.newBuilder(uri).timeout(RunningScheduler.PATIENCE).build();
      return client.send(request, BodyHandlers.discarding()).statusCode();
    }
  }

  @Test
  void letsInWhoShowsACertificateOfTheAuthority() throws Exception {
    assertThat(statusFor(Optional.of("controller"))).isEqualTo(200);
  }

  @Test
  void letsNobodyElseIn() {
    assertThatThrownBy(() -> statusFor(Optional.empty())).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> statusFor(Optional.of("stranger"))).isInstanceOf(IOException.class);
  }

  @Test
  void takesOverAnotherAuthority() throws Exception {
    trust("stranger");

    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!isIn("stranger")) {
      assertThat(System.nanoTime()).as("the other authority counts in time").isLessThan(deadline);
      Thread.sleep(50);
    }
    assertThat(isIn("controller")).isFalse();
  }

  private boolean isIn(String certificate) throws Exception {
    try {
      return statusFor(Optional.of(certificate)) == 200;
    } catch (IOException refused) {
      return false;
    }
  }
}
