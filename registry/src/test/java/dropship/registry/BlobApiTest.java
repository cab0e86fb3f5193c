package dropship.registry;

import static dropship.registry.RunningServer.code;
import static dropship.registry.RunningServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Blobs over {@code /v2/}, whole and in parts. */
@Timeout(60)
class BlobApiTest {
  private static final String BLOBS = "/v2/cloudfoundry/guid/blobs/";
  private static final int BULK =
      700_000; // so that an uncompressed layer is sent in several chunks
  @AutoClose private static RunningServer server;

  /** A blob of each kind: a configuration, a layer as it is stored, one decompressed on the way. */
  private static final Map<String, byte[]> blobs = new LinkedHashMap<>();

  /** On a local store, for what a kubelet gets is a region of a file. */
  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    server =
        RunningServer.startOnDisk(directory)
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.bulkyDroplet(BULK))
            .withDroplet("other", "hash", Tars.droplet("another"));
    var manifest = json(server.get("/v2/cloudfoundry/guid/manifests/hash"));
    var layer = server.dropletLayer("guid", "hash");
    keep(manifest.getJsonObject("config").getString("digest"));
    keep(layer.digest());
    keep(layer.diffId());
    assertThat(blobs).hasSize(3);
  }

  private static void keep(String digest) throws Exception {
    var bytes = server.get(BLOBS + digest).body();
    assertThat(Tars.digest(bytes)).isEqualTo(digest);
    blobs.put(digest, bytes);
  }

  private static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  @Test
  void servesEachBlobWithAllThatAClientNeedsToKeepIt() throws Exception {
    for (var digest : blobs.keySet()) {
      var get = server.get(BLOBS + digest);

      assertThat(get.statusCode()).isEqualTo(200);
      assertThat(header(get, "Content-Length")).isEqualTo("" + blobs.get(digest).length);
      assertThat(header(get, "Content-Type")).isEqualTo("application/octet-stream");
      assertThat(header(get, "Docker-Content-Digest")).isEqualTo(digest);
      assertThat(header(get, "ETag")).isEqualTo('"' + digest + '"');
      assertThat(header(get, "Accept-Ranges")).isEqualTo("bytes");
      assertThat(header(get, "Cache-Control")).isEqualTo("max-age=31536000, immutable");
      var head = server.head(BLOBS + digest);
      assertThat(head.statusCode()).isEqualTo(200);
      assertThat(head.body()).isEmpty();
      assertThat(RunningServer.description(head)).isEqualTo(RunningServer.description(get));
    }
  }

  @Test
  void takesAColonThatIsEncoded() throws Exception {
    for (var digest : blobs.keySet()) {
      assertThat(server.get(BLOBS + digest.replace(":", "%3a")).body())
          .isEqualTo(blobs.get(digest));
    }
  }

  @Test
  void neverEncodesABlobOnTheWay() throws Exception {
    for (var digest : blobs.keySet()) {
      var answer =
          server.get(BLOBS + digest, "Accept-Encoding", "zstd;q=1.0, gzip;q=0.8, deflate;q=0.5");

      assertThat(header(answer, "Content-Encoding")).isEmpty();
      assertThat(answer.body()).isEqualTo(blobs.get(digest));
    }
  }

  @Test
  void sendsNothingToWhoHasIt() throws Exception {
    for (var digest : blobs.keySet()) {
      var answer = server.get(BLOBS + digest, "If-None-Match", '"' + digest + '"');

      assertThat(answer.statusCode()).isEqualTo(304);
      assertThat(answer.body()).isEmpty();
    }
  }

  @Test
  void keepsBlobsToTheirRepository() throws Exception {
    for (var digest : blobs.keySet()) {
      var answer = server.get("/v2/cloudfoundry/other/blobs/" + digest);

      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(code(answer)).isEqualTo("BLOB_UNKNOWN");
      assertThat(server.get("/v2/cloudfoundry/nobody/blobs/" + digest).statusCode()).isEqualTo(404);
    }
  }

  /** The table of the conformance suite, and more: L is the length, the parts are from and to. */
  @ParameterizedTest(name = "{0}: {1} to {2}")
  @CsvSource(
      textBlock =
          """
          bytes=500-1499,            500,   1499
          bytes=500-,                500,   L-1
          bytes=-500,                L-500, L-1
          bytes=L-48-5000000,        L-48,  L-1
          bytes=0-,                  0,     L-1
          bytes=0-0,                 0,     0
          bytes=-1,                  L-1,   L-1
          bytes=-5000000,            0,     L-1
          bytes=L-1-,                L-1,   L-1
          'bytes = 3 - 9 ',          3,     9
          """)
  void servesAPart(String range, String first, String last) throws Exception {
    for (var digest : blobs.keySet()) {
      var whole = blobs.get(digest);
      var asked = resolve(range, whole.length);
      int from = Integer.parseInt(resolve(first, whole.length));
      int to = Math.min(whole.length - 1, Integer.parseInt(resolve(last, whole.length)));

      var part = server.get(BLOBS + digest, "Range", asked);

      assertThat(part.statusCode()).as(asked).isEqualTo(206);
      assertThat(header(part, "Content-Range"))
          .isEqualTo("bytes %d-%d/%d".formatted(from, to, whole.length));
      assertThat(header(part, "Content-Length")).isEqualTo("" + (to - from + 1));
      assertThat(header(part, "Docker-Content-Digest")).isEqualTo(digest);
      assertThat(part.body()).isEqualTo(Arrays.copyOfRange(whole, from, to + 1));
    }
  }

  /** Writes {@code L}, {@code L-1}, {@code L-48}, {@code L-500} as numbers. */
  private static String resolve(String text, int length) {
    return text.replace("L-500", "" + (length - 500))
        .replace("L-48", "" + (length - 48))
        .replace("L-1", "" + (length - 1))
        .replace("L", "" + length);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          bytes=500-0
          bytes=5000000-10000000
          bytes=L-
          bytes=-0
          bytes=-
          bytes=a-b
          bytes=99999999999999999999-
          """)
  void refusesAPartThatIsNotThereAndSaysHowMuchIs(String range) throws Exception {
    for (var digest : blobs.keySet()) {
      int length = blobs.get(digest).length;

      var answer = server.get(BLOBS + digest, "Range", resolve(range, length));

      assertThat(answer.statusCode()).isEqualTo(416);
      assertThat(header(answer, "Content-Range")).isEqualTo("bytes */" + length);
      assertThat(header(answer, "Content-Type")).isEqualTo("application/json");
      assertThat(json(answer).getJsonArray("errors")).hasSize(1);
    }
  }

  @Test
  void asksForOnePartAtATime() throws Exception {
    for (var digest : blobs.keySet()) {
      var answer = server.get(BLOBS + digest, "Range", "bytes=0-99,300-399");

      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(json(answer).getJsonArray("errors")).hasSize(1);
    }
  }

  @Test
  void ignoresARangeInUnitsItDoesNotKnow() throws Exception {
    for (var digest : blobs.keySet()) {
      var answer = server.get(BLOBS + digest, "Range", "lines=1-2");

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo(blobs.get(digest));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          "DIGEST"                      | 206
          "other"                       | 200
          W/"DIGEST"                    | 200
          Sun, 06 Nov 1994 08:49:37 GMT | 200
          """)
  void servesAPartOnlyOfTheVersionThatIsMeant(String ifRange, int status) throws Exception {
    for (var digest : blobs.keySet()) {
      var answer =
          server.send(
              server
                  .registry(BLOBS + digest)
                  .header("Range", "bytes=0-9")
                  .header("If-Range", ifRange.replace("DIGEST", digest)));

      assertThat(answer.statusCode()).isEqualTo(status);
      assertThat(answer.body()).hasSize(status == 206 ? 10 : blobs.get(digest).length);
    }
  }

  @Test
  void goesOnServingOthersWhenAClientHangsUpInTheMiddle() throws Exception {
    for (var digest : blobs.keySet()) {
      for (int i = 0; i < 20; i++) {
        try (var connection = server.connect("registry")) {
          connection.head(
              "GET " + BLOBS + digest + " HTTP/1.1",
              "Authorization: " + RunningServer.basic("pull", "pull"));
        }
      }
      assertThat(server.get(BLOBS + digest).body()).isEqualTo(blobs.get(digest));
    }
  }
}
