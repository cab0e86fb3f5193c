package dropship.blobstore.bits;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MultipartFileTest {
  private static final String TYPE = "multipart/form-data; boundary=limit";
  private static final String HEADERS =
      "Content-Disposition: form-data; name=\"droplet\"; filename=\"d.tgz\"\r\n"
          + "Content-Type: application/octet-stream\r\n\r\n";

  /** All that may look like the beginning of a delimiter is in it. */
  private static final String FILE = "a\r\nb\r\n--c\r\n--limi\r\n--limes\r--limit\n--limit--d\r";

  @ParameterizedTest
  @ValueSource(strings = {"", "\r", "\r\n", "\r\nepilogue"})
  void givesTheSameFileHoweverTheFormArrives(String epilogue) {
    var form = "--limit\r\n" + HEADERS + FILE + "\r\n--limit--" + epilogue;
    for (int first = 1; first < form.length(); first++) {
      for (int second = first; second < Math.min(form.length(), first + 12); second++) {
        assertThat(read(form, first, second)).as("cut at %d and %d", first, second).isEqualTo(FILE);
      }
    }
  }

  @Test
  void findsTheFileAmongOtherParts() {
    var form =
        "preamble\r\n--limit\r\nContent-Disposition: form-data; name=\"droplet\"\r\n\r\nnot a file"
            + "\r\n--limit \r\n\r\nno headers\r\n--limit\r\n"
            + HEADERS
            + "\r\n--limit\r\n"
            + HEADERS
            + "another\r\n--limit--";

    assertThat(read(form, 1, 2)).isEmpty(); // the first of the two files
  }

  @Test
  void takesNoFormForWholeThatIsCutOff() {
    var form = "--limit\r\n" + HEADERS + FILE + "\r\n--limit--";
    for (int length = 0; length < form.length(); length++) {
      assertThat(read(form.substring(0, length), 1, 2)).as("cut off at %d", length).startsWith("!");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--limit\r\nContent-Disposition: form-data; name=\"x\"; filename=\"y\"\r\n\r\nx\r\n--limit--",
        "--limit\r\nContent-Disposition: form-data; name=\"droplet\"\r\n\r\nx\r\n--limit--",
        "--limit--",
        "--limitless\r\n\r\nx\r\n--limit--"
      })
  void saysThatThereIsNoSuchFile(String form) {
    assertThat(read(form, 1, 2)).startsWith("!");
  }

  @Test
  void refusesHeadersWithoutEnd() {
    var form = "--limit\r\nX: " + "x".repeat(100_000);

    assertThat(read(form, 40_000, 80_000)).contains("headers of a part do not end");
  }

  /** The file within a form that arrives in three pieces, or {@code !} and why there is none. */
  private static String read(String form, int first, int second) {
    int one = Math.min(first, form.length());
    int two = Math.min(Math.max(second, one), form.length());
    var pieces = List.of(form.substring(0, one), form.substring(one, two), form.substring(two));
    var request = new Pieces(pieces);
    var content = Buffer.buffer();
    var outcome = new StringBuilder();
    Future<MultipartFile> found = MultipartFile.in(request, TYPE, List.of("droplet", "bits"));
    found.onFailure(failure -> outcome.append('!').append(failure.getMessage()));
    found.onSuccess(file -> {
      file.exceptionHandler(failure -> outcome.append('!').append(failure.getMessage()));
      file.endHandler(end -> outcome.append(content.toString(ISO_8859_1)).append('$'));
      file.handler(chunk -> {
        content.appendBuffer(chunk);
        file.pause();
        file.fetch(1);
      });
      file.fetch(1);
    });
    request.flow();
    assertThat(outcome).as("neither end nor failure").isNotEmpty();
    return outcome.charAt(0) == '!'
        ? outcome.toString()
        : outcome.substring(0, outcome.length() - 1);
  }

  /** A body that arrives in the given pieces, as it is asked for. */
  private static final class Pieces implements ReadStream<Buffer> {
    private final Queue<String> pieces;
    private boolean flowing;
    private boolean ended;
    private @Nullable Handler<Buffer> handler;
    private @Nullable Handler<Void> endHandler;

    Pieces(List<String> pieces) {
      this.pieces = new ArrayDeque<>(pieces);
    }

    void flow() {
      while (flowing && !ended) {
        var piece = pieces.poll();
        if (piece == null) {
          ended = true;
          endHandler.handle(null);
        } else if (!piece.isEmpty()) {
          handler.handle(Buffer.buffer(Arrays.copyOf(piece.getBytes(ISO_8859_1), piece.length())));
        }
      }
    }

    @Override
    public Pieces handler(@Nullable Handler<Buffer> handler) {
      this.handler = handler;
      return this;
    }

    @Override
    public Pieces endHandler(@Nullable Handler<Void> handler) {
      this.endHandler = handler;
      return this;
    }

    @Override
    public Pieces exceptionHandler(@Nullable Handler<Throwable> handler) {
      return this;
    }

    @Override
    public Pieces pause() {
      flowing = false;
      return this;
    }

    @Override
    public Pieces resume() {
      flowing = true;
      return this;
    }

    @Override
    public Pieces fetch(long amount) {
      return resume();
    }
  }
}
