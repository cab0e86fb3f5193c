package dropship.registry;

import static dropship.registry.RunningServer.basic;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.registry.RawConnection.Answer;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Three surfaces on one listener, told apart by the host that a request is for. */
@Timeout(60)
class SharedListenerTest {
  private static RunningServer server;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    Files.writeString(directory.resolve("signing.secret"), "geheim\n");
    String address;
    try (var free = new ServerSocket(0)) {
      address = "127.0.0.1:" + free.getLocalPort();
    }
    server =
        RunningServer.start(
            directory,
            Map.of(
                "DROPSHIP_REGISTRY_LISTEN", address,
                "DROPSHIP_API_LISTEN", address,
                "DROPSHIP_API_HOST", "bits.internal",
                "DROPSHIP_API_ALLOW_SHARED", "true",
                "DROPSHIP_PUBLIC_LISTEN", address,
                "DROPSHIP_PUBLIC_HOST", "bits.example.com",
                "DROPSHIP_PUBLIC_SIGNING_SECRET_FILE", "signing.secret"));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static Answer ask(String method, String host, String path) throws Exception {
    try (var connection = server.connect("api")) {
      var request =
          "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n\r\n"
              .formatted(method, path, host, basic("pull", "pull"));
      return connection.send(request.getBytes(StandardCharsets.US_ASCII)).read();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bits.internal,             /droplets/a/b,             404", // nobody need say who they are
    "BITS.internal:8080,        /droplets/a/b,             404",
    "bits.internal,             /rootfs,                   403",
    "bits.internal,             /sign/droplets/a/b,        200",
    "bits.internal,             /nothing,                  404",
    "bits.example.com,          /droplets/a/b,             403", // not signed
    "bits.example.com:443,      /droplets/a/b,             403",
    "bits.example.com,          /rootfs,                   404",
    "bits.example.com,          /images/a/b,               404",
    "bits.example.com,          /sign/droplets/a/b,        404",
    "registry.example.com,      /v2/,                      200",
    "registry.example.com:5000, /v2/,                      200",
    "registry.example.com,      /droplets/a/b,             404",
    "registry.example.com,      /rootfs,                   404",
    "elsewhere.example.com,     /v2/,                      400",
    "elsewhere.example.com,     /droplets/a/b,             400",
    "127.0.0.1,                 /droplets/a/b,             400",
    "bits.internal.,            /droplets/a/b,             400",
    // What the first line says counts (RFC 9112 section 3.2.2).
    "bits.example.com,          http://bits.internal/droplets/a/b, 404",
    "bits.internal,             http://bits.example.com/droplets/a/b, 403",
    "bits.internal,             http://elsewhere/droplets/a/b, 400",
    "bits.internal,             http:///droplets/a/b,      400"
  })
  void answersForTheHostThatIsAskedFor(String host, String path, int status) throws Exception {
    assertThat(ask("GET", host, path).status()).isEqualTo(status);
  }

  @Test
  void tellsWhoHasTheWrongHostTheRightOne() throws Exception {
    var answer = ask("GET", "elsewhere.example.com", "/droplets/a/b");

    assertThat(answer.text())
        .isEqualTo(
            "{\"description\":\"Invalid host 'elsewhere.example.com'. External clients should use"
                + " hostname 'bits.example.com'.\"}");
  }

  @Test
  void servesWhatItHasSigned() throws Exception {
    var upload =
        """
        PUT /droplets/signed HTTP/1.1\r
        Host: bits.internal\r
        Digest: sha256=hash\r
        Content-Length: 100\r
        \r
        """;
    try (var connection = server.connect("api")) {
      connection.send(upload.getBytes(StandardCharsets.US_ASCII)).send(Tars.noise(100));
      assertThat(connection.read().status()).isEqualTo(201);
    }
    var url = ask("GET", "bits.internal", "/sign/droplets/signed/hash").text();

    assertThat(url).startsWith("http://bits.example.com:" + server.port("public") + "/droplets/");
    var signed = URI.create(url);
    var path = signed.getRawPath() + "?" + signed.getRawQuery();
    assertThat(ask("GET", "bits.example.com", path).body()).isEqualTo(Tars.noise(100));
    assertThat(ask("HEAD", "bits.example.com", path).status()).isEqualTo(403);
    assertThat(ask("DELETE", "bits.example.com", path).status()).isEqualTo(403);
    assertThat(ask("GET", "bits.example.com", path.replace("hash", "hasH")).status())
        .isEqualTo(403);
  }
}
