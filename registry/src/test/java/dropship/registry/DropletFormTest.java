package dropship.registry;

import static dropship.registry.RunningServer.json;
import static dropship.registry.RunningServer.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Droplets within forms, however clients write and cut them. */
@Timeout(60)
class DropletFormTest {
  private static final String PATH = "/droplets/guid/hash";
  @AutoClose private static RunningServer server;

  /** Without a limit, so that bodies may come in chunks and without a length. */
  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    server = RunningServer.start(directory, Map.of("DROPSHIP_LIMITS_DROPLETS", "0B"));
  }

  private static HttpResponse<byte[]> put(String contentType, byte[] form) throws Exception {
    server.send(server.api(PATH).DELETE());
    return server.send(
        server.api(PATH).header("Content-Type", contentType).PUT(BodyPublishers.ofByteArray(form)));
  }

  private static HttpResponse<byte[]> put(byte[] form) throws Exception {
    return put(Form.contentType(), form);
  }

  private static byte[] stored() throws Exception {
    return server.send(server.api(PATH)).body();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"droplet", "bits"})
  void findsTheFileUnderEitherName(String field) throws Exception {
    var answer = put(Form.of(field, bytes("content")));

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(json(answer).getString("sha1")).isEqualTo(DigestUtils.sha1Hex("content"));
    assertThat(stored()).isEqualTo(bytes("content"));
  }

  @Test
  void takesFieldsInAnyOrderAndDropsTheOthers() throws Exception {
    var form =
        new Form()
            .text("before", "1")
            .file("other", bytes("another file"))
            .text("long", "x".repeat(5_000))
            .file("droplet", bytes("content"))
            .file("bits", bytes("too late"))
            .text("after", "2")
            .end();

    assertThat(put(form).statusCode()).isEqualTo(201);
    assertThat(stored()).isEqualTo(bytes("content"));
  }

  static Stream<byte[]> awkwardFiles() {
    var delimiter = "\r\n--" + Form.BOUNDARY;
    return Stream.of(
            "",
            "\r\n",
            "\r",
            "--",
            "text that ends in a line break\r\n",
            delimiter.substring(0, delimiter.length() - 1),
            delimiter.substring(0, 4) + "\r\n" + delimiter.substring(0, 9) + "\r",
            "x--" + Form.BOUNDARY + "--",
            "x--" + Form.BOUNDARY + "--\r\n",
            "\r\n\r\n\r\n-\r\n--\r\n---\r\n")
        .map(DropletFormTest::bytes);
  }

  @ParameterizedTest
  @MethodSource("awkwardFiles")
  void keepsEveryByteOfAFileThatLooksLikeItsForm(byte[] file) throws Exception {
    var answer = put(Form.of("droplet", file));

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(json(answer).getString("sha256")).isEqualTo(DigestUtils.sha256Hex(file));
    assertThat(stored()).isEqualTo(file);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8191, 8192, 8193, 65_536, 5_000_000})
  void keepsEveryByteOfAFileOfAnySize(int size) throws Exception {
    var file = Tars.noise(size);

    assertThat(put(Form.of("droplet", file)).statusCode()).isEqualTo(201);
    assertThat(stored()).isEqualTo(file);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multipart/form-data; boundary=\"BOUNDARY\"",
        "multipart/form-data; charset=utf-8; boundary=BOUNDARY",
        "multipart/form-data;boundary=BOUNDARY; charset=utf-8"
      })
  void readsTheBoundaryHoweverItIsWritten(String contentType) throws Exception {
    var answer =
        put(contentType.replace("BOUNDARY", Form.BOUNDARY), Form.of("droplet", bytes("content")));

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(stored()).isEqualTo(bytes("content"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "'()+_,-./:=?",
        "with inner spaces",
        "0123456789012345678901234567890123456789012345678901234567890123456789"
      })
  void takesAnyBoundaryThatIsAllowed(String boundary) throws Exception {
    var form =
        new String(Form.of("droplet", bytes("content")), StandardCharsets.ISO_8859_1)
            .replace(Form.BOUNDARY, boundary);

    var answer = put("multipart/form-data; boundary=\"" + boundary + "\"", bytes(form));

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(stored()).isEqualTo(bytes("content"));
  }

  @Test
  void takesAFormThatEndsWithoutALineBreakOrWithMore() throws Exception {
    var form = Form.of("droplet", bytes("content"));

    assertThat(put(Arrays.copyOf(form, form.length - 2)).statusCode()).isEqualTo(201);
    assertThat(stored()).isEqualTo(bytes("content"));
    var longer = new String(form, StandardCharsets.ISO_8859_1) + "\r\n";
    assertThat(put(bytes(longer)).statusCode()).isEqualTo(201);
    assertThat(stored()).isEqualTo(bytes("content"));
  }

  /** Each chunk of the transfer coding arrives by itself, whatever the network does. */
  @Test
  void findsTheFileWhereverTheFormIsCut() throws Exception {
    var file = bytes("some\r\n--" + Form.BOUNDARY.substring(0, 9) + "\r\ncontent\r\n");
    var form = new Form().text("before", "1").file("droplet", file).text("after", "2").end();
    try (var connection = server.connect("api")) {
      for (int cut = 1; cut < form.length; cut++) {
        begin(connection).chunk(form, 0, cut).chunk(form, cut, form.length).chunk(form, 0, 0);

        expectSha256(connection, file, cut);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 64})
  void findsTheFileInPiecesOfOneSize(int size) throws Exception {
    var file = Tars.noise(1000);
    var form = Form.of("droplet", file);
    try (var connection = server.connect("api")) {
      begin(connection);
      for (int from = 0; from < form.length; from += size) {
        connection.chunk(form, from, Math.min(form.length, from + size));
      }
      connection.chunk(form, 0, 0);

      expectSha256(connection, file, size);
    }
  }

  private static RawConnection begin(RawConnection connection) throws Exception {
    return connection.head(
        "PUT " + PATH + " HTTP/1.1",
        "Content-Type: " + Form.contentType(),
        "Transfer-Encoding: chunked");
  }

  private static void expectSha256(RawConnection connection, byte[] file, int cut)
      throws Exception {
    var answer = connection.read();
    assertThat(answer.status()).as("cut at %d: %s", cut, answer.text()).isEqualTo(201);
    assertThat(new JsonObject(answer.text()).getString("sha256"))
        .isEqualTo(DigestUtils.sha256Hex(file));
  }

  @Test
  void refusesAFormWithoutTheFile() throws Exception {
    for (var form :
        new byte[][] {
          new Form().text("droplet", "text, and not a file").end(),
          new Form().file("package", bytes("content")).end(),
          new Form().end()
        }) {
      var answer = put(form);

      assertThat(answer.statusCode()).as(text(answer)).isEqualTo(400);
      assertThat(json(answer).getInteger("code")).isEqualTo(290003);
      assertThat(json(answer).getString("description")).contains("droplet").contains("bits");
      assertThat(server.send(server.api(PATH)).statusCode()).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=x"
      })
  void refusesWhatItCannotReadAsAForm(String contentType) throws Exception {
    var answer = put(contentType, Form.of("droplet", bytes("content")));

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(server.send(server.api(PATH)).statusCode()).isEqualTo(404);
  }

  @Test
  void dropsOtherFieldsHoweverLongTheyAre() throws Exception {
    var form = new Form().text("long", "x".repeat(2_000_000)).file("droplet", bytes("content"));

    var answer = put(form.end());

    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(stored()).isEqualTo(bytes("content"));
  }
}
