package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that begin uploads and do not go on are in nobody's way. */
@Timeout(60)
class StalledUploadTest {
  private static final int MOST_UPLOADS = 32;

  @AutoClose private RunningServer server;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    server = RunningServer.start(directory);
  }

  @Test
  void takesUploadsWhileOthersStall() throws Exception {
    var stalled = new ArrayList<Socket>();
    try {
      for (int i = 0; i < MOST_UPLOADS - 1; i++) {
        stalled.add(stalledUpload(i));
      }

      server.withDroplet("guid", "hash", Tars.bulkyDroplet(100_000));
    } finally {
      for (var each : stalled) {
        each.close();
      }
    }
  }

  @Test
  void takesUploadsAfterManyUnderNamesThatCannotBe() throws Exception {
    for (int i = 0; i < MOST_UPLOADS + 8; i++) {
      var refused =
          server.send(
              server
                  .api("/droplets/..a/h" + i)
                  .header("Content-Type", Form.contentType())
                  .PUT(BodyPublishers.ofByteArray(Form.of("droplet", Tars.noise(10)))));
      assertThat(refused.statusCode()).isEqualTo(400);
    }

    server.withDroplet("guid", "hash", Tars.bulkyDroplet(1000));
  }

  private Socket stalledUpload(int number) throws Exception {
    var socket = new Socket("127.0.0.1", server.port("api"));
    var start =
        """
        PUT /droplets/stalled HTTP/1.1\r
        Host: x\r
        Digest: sha256=%d\r
        Content-Length: 1000\r
        \r
        half\
        """
            .formatted(number);
    socket.getOutputStream().write(start.getBytes(StandardCharsets.UTF_8));
    return socket;
  }
}
