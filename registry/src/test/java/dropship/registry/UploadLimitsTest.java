package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Uploads are bounded in number, and in how long they may bring next to nothing. */
@Timeout(60)
class UploadLimitsTest {
  @TempDir private Path directory;
  private RunningServer server;
  private final List<RawConnection> stalled = new ArrayList<>();

  private void start(int uploads, String readTimeout) throws Exception {
    server =
        RunningServer.start(
            directory,
            Map.of(
                "DROPSHIP_LIMITS_UPLOADS",
                Integer.toString(uploads),
                "DROPSHIP_LIMITS_READ_TIMEOUT",
                readTimeout));
  }

  @AfterEach
  void stop() throws Exception {
    for (var each : stalled) {
      each.close();
    }
    server.close();
  }

  /** Begins an upload, and waits until the server has taken it up. */
  private RawConnection stall(int number) throws Exception {
    var upload = server.connect("api");
    stalled.add(upload);
    upload.send(
        """
        PUT /droplets/stalled HTTP/1.1\r
        Host: x\r
        Digest: sha256=%d\r
        Content-Length: 1000000\r
        Expect: 100-continue\r
        \r
        """
            .formatted(number)
            .getBytes(StandardCharsets.US_ASCII));
    assertThat(upload.read().status()).isEqualTo(100);
    return upload;
  }

  private CompletableFuture<HttpResponse<byte[]>> upload(String hash) {
    var answer = new CompletableFuture<HttpResponse<byte[]>>();
    Thread.startVirtualThread(() -> {
      try {
        answer.complete(server.upload("guid", hash, Tars.noise(100)));
      } catch (IOException | InterruptedException e) {
        answer.completeExceptionally(e);
      }
    });
    return answer;
  }

  @Test
  void letsUploadsWaitForTheirTurn() throws Exception {
    start(2, "1m");
    stall(1);
    stall(2);

    var uploads = new ArrayList<CompletableFuture<HttpResponse<byte[]>>>();
    RunningServer.eventually(
        "an upload waits",
        () -> {
          var upload = upload("droplet-" + uploads.size());
          uploads.add(upload);
          try {
            upload.get(500, TimeUnit.MILLISECONDS);
            return false; // the stalled ones have no place yet
          } catch (TimeoutException waits) {
            return true;
          }
        });
    stalled.getFirst().close();

    for (var each : uploads) {
      assertThat(each.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(201);
    }
  }

  @Test
  void refusesWhatTheLineHasNoPlaceFor() throws Exception {
    start(2, "1m");
    for (int i = 0; i < 4; i++) {
      stall(i);
    }

    RunningServer.eventually(
        "the line is full",
        () -> {
          var refused = upload("busy").get(1, TimeUnit.MINUTES);
          return refused.statusCode() == 503
              && refused.headers().firstValue("Retry-After").isPresent();
        });
    for (var each : stalled) {
      each.close();
    }
    RunningServer.eventually(
        "an upload is taken again",
        () -> upload("later").get(1, TimeUnit.MINUTES).statusCode() == 201);
  }

  /** Who hangs up while waiting must not get a turn, in which nothing would ever come. */
  @Test
  void takesWhoHangsUpOutOfTheLine() throws Exception {
    start(1, "1m");
    stall(1);
    var gone = stall(2);
    gone.close();

    RunningServer.eventually(
        "the line has a place",
        () -> {
          var next = upload("next");
          try {
            return next.get(200, TimeUnit.MILLISECONDS).statusCode() != 503;
          } catch (java.util.concurrent.TimeoutException waits) {
            stalled.getFirst().close();
            return next.get(30, TimeUnit.SECONDS).statusCode() == 201;
          }
        });
  }

  @Test
  void givesUpOnATrickle() throws Exception {
    start(1, "1s");
    var trickle = stall(1);
    var begun = System.nanoTime();

    assertThatThrownBy(
            () -> {
              while (System.nanoTime() - begun < Duration.ofSeconds(30).toNanos()) {
                trickle.send(new byte[] {1});
                TimeUnit.MILLISECONDS.sleep(20);
              }
            })
        .isInstanceOf(IOException.class);

    assertThat(upload("next").get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(201);
    assertThat(server.send(server.api("/droplets/stalled/1")).statusCode()).isEqualTo(404);
  }

  @Test
  void givesUpOnAFormThatDoesNotComeToItsFile() throws Exception {
    start(1, "1s");
    for (var type : List.of("multipart/form-data; boundary=x", "application/json")) {
      var dawdling = server.connect("api");
      stalled.add(dawdling);
      dawdling.head("PUT /droplets/a/b HTTP/1.1", "Content-Type: " + type, "Content-Length: 1000");
      dawdling.send(new byte[] {'{'});

      assertThat(dawdling.read().status()).as(type).isEqualTo(408);
      assertThat(dawdling.isEnded()).isTrue();
    }
  }
}
