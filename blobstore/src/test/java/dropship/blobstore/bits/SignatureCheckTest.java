package dropship.blobstore.bits;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.bits.SignedServer.Answer;
import dropship.blobstore.signing.SignedPath;
import dropship.blobstore.signing.SignedUrls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class SignatureCheckTest {
  private static final int PATHS = 60;
  private static SignedServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new SignedServer();
    assertThat(upload("a", "b", "the droplet").status()).isEqualTo(201);
    assertThat(upload("a", "c", "another droplet").status()).isEqualTo(201);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static Answer upload(String guid, String hash, String content) throws IOException {
    return server.upload(
        server.signed("put", "/droplets/" + guid + "/" + hash), "droplet", content);
  }

  @Test
  void letsSignedDownloadsPass() throws IOException {
    var answer = server.toPublic("GET", server.signed("get", "/droplets/a/b"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("the droplet");
    assertThat(server.toPublic("GET", server.signed("get", "/droplets/a/none")).status())
        .isEqualTo(404);
    assertThat(server.toPublic("GET", server.signed("get", "/droplets/a")).status()).isEqualTo(404);
  }

  /** The Cloud Controller appends the one, and its command line uploads in the field bits. */
  @ParameterizedTest
  @ValueSource(strings = {"&async=true", "&async=true&verb=put", "&verb=put&async=true"})
  void letsWhatClientsAppendPass(String appended) throws IOException {
    var answer =
        server.upload(server.signed("put", "/droplets/new/hash") + appended, "bits", appended);

    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.body()).contains("\"guid\":\"new/hash\"", "\"state\":\"PROCESSING_UPLOAD\"");
    assertThat(server.toPublic("GET", server.signed("get", "/droplets/new/hash")).body())
        .isEqualTo(appended);
  }

  @Test
  void takesASignatureForOneMethodOnly() throws IOException {
    var get = server.signed("get", "/droplets/a/b");
    var put = server.signed("put", "/droplets/a/b");

    assertRefused(server.toPublic("HEAD", get));
    assertRefused(server.toPublic("DELETE", get));
    assertRefused(server.upload(get, "droplet", "not this"));
    assertRefused(server.toPublic("GET", put));
    assertRefused(server.toPublic("DELETE", put));
    assertRefused(server.toPublic("DELETE", server.signed("post", "/droplets/a/b")));
    assertThat(server.toPublic("GET", get).body()).isEqualTo("the droplet");
  }

  @Test
  void takesASignatureForOneDropletOnly() throws IOException {
    var signed = server.signed("get", "/droplets/a/b");
    var query = signed.substring(signed.indexOf('?'));

    for (var other :
        List.of("/droplets/a/c", "/droplets/a/B", "/droplets/a", "/droplets/a/b/", "/droplets/")) {
      assertRefused(server.toPublic("GET", other + query));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "?",
        "?signature=",
        "?signature=&expires=",
        "?signature=x&expires=y",
        "?signature=%zz",
        "?%",
        "?signature=%00&expires=%00",
        "?signature=0e2676ebf3c5c984271fd85ee01ad6b6ac16f696163a371066a64142b06ac302",
        "?signature=0e2676ebf3c5c984271fd85ee01ad6b6ac16f696163a371066a64142b06ac302"
            + "&expires=99999999999999999999",
        "#?signature=x"
      })
  void refusesWhatIsNotSigned(String query) throws IOException {
    for (var method : List.of("GET", "HEAD", "PUT", "DELETE")) {
      assertRefused(server.toPublic(method, "/droplets/a/b" + query));
      assertRefused(server.toPublic(method, "/droplets/a" + query));
    }
    for (var method : List.of("GET", "HEAD", "DELETE")) {
      assertRefused(server.toPublic(method, "/droplets/a/b/c" + query));
    }
  }

  @Test
  void refusesWhatHasExpired() throws IOException {
    var then = Instant.now().minus(Duration.ofMinutes(61));
    var query =
        new SignedUrls(() -> SignedServer.KEYS, Clock.fixed(then, Clock.systemUTC().getZone()))
            .sign("GET", new SignedPath("/droplets/a/b"));

    assertRefused(server.toPublic("GET", "/droplets/a/b?" + query));
  }

  @Test
  void refusesAnUploadBeforeItIsSent() throws IOException {
    var headers = List.of(SignedServer.FORM, "Content-Length: 1000000000");

    // Nothing of the body follows, and the server closes the connection: else this would not end.
    var answer = server.toPublic("PUT", "/droplets/a/b?signature=x&expires=1", headers, "");

    assertRefused(answer);
    assertThat(answer.headers()).containsEntry("connection", "close");
  }

  @Test
  void refusesAnUploadThatWaitsForLeaveToBeSent() throws IOException {
    var headers = List.of(SignedServer.FORM, "Content-Length: 1000", "Expect: 100-continue");

    assertRefused(server.toPublic("PUT", "/droplets/a/b", headers, ""));
  }

  @Test
  void tellsTheLimitOnlyToWhoIsSigned() throws IOException {
    var large = "x".repeat(SignedServer.LIMIT);

    assertThat(server.upload(server.signed("put", "/droplets/l/l"), "bits", large).status())
        .isEqualTo(413);
    assertRefused(server.upload("/droplets/l/l", "bits", large));
  }

  /** A signature is for one droplet; this would be a way to read another. */
  @Test
  void doesNotCopyAnotherDroplet() throws IOException {
    var target = server.signed("put", "/droplets/mine/hash");
    var json = List.of("Content-Type: application/json");
    var source = "{\"source_guid\":\"a/b\"}";

    assertThat(server.toPublic("PUT", target, json, source).status()).isEqualTo(400);
    assertThat(server.toPublic("GET", server.signed("get", "/droplets/mine/hash")).status())
        .isEqualTo(404);
    assertThat(server.toPrivate("PUT", "/droplets/mine/hash", json, source).status())
        .isEqualTo(201);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PATCH", "OPTIONS", "TRACE", "get", "FOO"})
  void saysThatThereIsNoSuchMethodFirst(String method) throws IOException {
    for (var target : List.of("/droplets/a/b", server.signed("get", "/droplets/a/b"))) {
      var answer = server.toPublic(method, target);
      assertThat(answer.status()).isEqualTo(405);
      assertThat(answer.body()).isEmpty();
    }
  }

  @Test
  void givesOutNoUrls() throws IOException {
    var answer = server.toPublic("GET", "/sign/droplets/a/b", List.of("Authorization: yes"), "");

    assertThat(answer.status()).isEqualTo(404);
  }

  /**
   * Whoever has a signature for one reading of a path must not get what is there in another. The
   * readings are signed here with the key itself.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/droplets/a%2Fb",
        "/droplets%2Fa%2Fb",
        "/droplets/a/b%2F",
        "/droplets/x%2F..%2Fa/b",
        "/droplets/x/../a/b",
        "/droplets/x/%2e%2E/a/b",
        "/droplets/x/.%2e/a/b",
        "/droplets/./a/b",
        "/droplets/a/./b",
        "/droplets/a//b",
        "//droplets/a/b",
        "/droplets//a/b",
        "/droplets/a/b//",
        "/droplets/a/b/.",
        "/droplets/a/b/..",
        "/droplets/a/b/c/..",
        "/droplets/a/b?x?",
        "/droplets/a/b#",
        "/droplets/a/b%00",
        "/droplets/a/b%",
        "/droplets/a/%%62",
        "/droplets/a/%+1",
        "/droplets/a/%ff",
        "/droplets/a/%c1%a2",
        "/droplets\\a\\b",
        "/x/../droplets/a/b",
        "/%2e/droplets/a/b"
      })
  void takesNoPathThatCanBeReadInSeveralWays(String raw) throws Exception {
    for (var reading : readings(raw)) {
      var answer = server.toPublic("GET", raw + "?" + forge("GET", reading));
      assertThat(answer.status()).as("%s signed as %s", raw, reading).isNotEqualTo(200);
      assertThat(answer.status()).as("%s signed as %s", raw, reading).isLessThan(500);
      assertThat(answer.body()).doesNotContain("droplet");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/droplets/%61/b", "/%64roplets/a/%62", "/drop%6Cets/%61/%62", "/droplets/a/b"})
  void takesEscapesForWhatTheyStandFor(String raw) throws Exception {
    assertThat(server.toPublic("GET", raw + "?" + forge("GET", "/droplets/a/b")).body())
        .isEqualTo("the droplet");
    assertThat(
            server
                .toPublic("GET", "http://elsewhere" + raw + "?" + forge("GET", "/droplets/a/b"))
                .body())
        .isEqualTo("the droplet");
  }

  static LongStream seeds() {
    return LongStream.of(1, 2, System.nanoTime());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void servesWhatWasSignedHoweverThePathIsWritten(long seed) throws Exception {
    var random = new Random(seed);
    var pieces =
        List.of(
            "a", "b", "%61", "A", "+", "%2B", "%20", "%25", "%2561", "%252F", "%2F", "%2f", "/",
            "/", "/", "//", ".", "..", "%2e", "%2E%2e", "%", "%6", "%zz", "%+1", ";", ":", "=", "@",
            "&", "*", "#", "\\", "%5C", "%C3%A9", "%ff", "%00", "\u00e9", "~", "%7E", "|");
    int served = 0;
    for (int i = 0; i < PATHS; i++) {
      var raw = new StringBuilder("/echo");
      for (int segment = 0; segment < 2; segment++) {
        raw.append('/');
        for (int length = 1 + random.nextInt(3); length > 0; length--) {
          raw.append(random.nextBoolean() ? "a" : pieces.get(random.nextInt(pieces.size())));
        }
      }
      for (var reading : readings(raw.toString())) {
        var answer = server.toPublic("GET", raw + "?" + forge("GET", reading));
        assertThat(answer.status()).as("%s signed as %s", raw, reading).isIn(200, 400, 403, 404);
        if (answer.status() == 200) {
          served++;
          var told = new String(answer.body().getBytes(ISO_8859_1), UTF_8).split("\n");
          assertThat(reading.split("/"))
              .as("%s signed as %s", raw, reading)
              .containsExactly("", "echo", told[0], told[1]);
        }
      }
    }
    assertThat(served).isPositive();
  }

  /** What somebody might take a path for: as it is, decoded, decoded twice, normalized. */
  private static Set<String> readings(String raw) {
    var readings = new ArrayList<>(List.of(raw, "/droplets/a/b", "/echo/a/b"));
    var once = decoded(raw);
    readings.add(once);
    readings.add(decoded(once));
    readings.add(once.replace('+', ' '));
    for (var each : List.copyOf(readings)) {
      readings.add(normalized(each));
      readings.add(each.replaceFirst("/$", ""));
    }
    return Set.copyOf(readings);
  }

  private static String decoded(String raw) {
    var bytes = new ByteArrayOutputStream();
    for (int i = 0; i < raw.length(); i++) {
      if (raw.substring(i).matches("(?s)%[0-9a-fA-F]{2}.*")) {
        bytes.write(Integer.parseInt(raw.substring(i + 1, i + 3), 16));
        i += 2;
      } else {
        bytes.writeBytes(raw.substring(i, i + 1).getBytes(UTF_8));
      }
    }
    return bytes.toString(UTF_8);
  }

  private static String normalized(String path) {
    var segments = new ArrayList<String>();
    for (var segment : path.split("/")) {
      if (segment.equals("..")) {
        if (!segments.isEmpty()) {
          segments.removeLast();
        }
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        segments.add(segment);
      }
    }
    return "/" + String.join("/", segments);
  }

  /** A signature for any text at all, made as the specification has it. */
  private static String forge(String method, String path) throws GeneralSecurityException {
    var secret = "geheim";
    long expires = Instant.now().getEpochSecond() + 1000;
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA256"));
    var message = method + " " + path + " " + secret + " " + expires;
    return "signature=%s&expires=%d&AccessKeyId=k1"
        .formatted(HexFormat.of().formatHex(mac.doFinal(message.getBytes(UTF_8))), expires);
  }

  private static void assertRefused(Answer answer) {
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.body()).isEmpty();
  }
}
