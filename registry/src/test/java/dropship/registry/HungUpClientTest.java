package dropship.registry;

import static dropship.registry.RunningServer.basic;
import static dropship.registry.RunningServer.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client that reads slowly holds a file; one that hangs up holds nothing. */
@Timeout(60)
class HungUpClientTest {
  private static final Path OPEN_FILES = Path.of("/proc/self/fd");

  /** Later the garbage collector would close what has been forgotten. */
  private static final Duration SOON = Duration.ofSeconds(10);

  private static final int MORE_THAN_BUFFERS_HOLD = 24 << 20;

  @Test
  void givesBackTheFilesOfClientsThatHangUp(@TempDir Path directory) throws Exception {
    assumeThat(OPEN_FILES).isDirectory();
    try (var server =
        RunningServer.startOnDisk(directory, Map.of("DROPSHIP_LIMITS_DROPLETS", "32MiB"))
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.bulkyDroplet(MORE_THAN_BUFFERS_HOLD))) {
      var store = server.store();
      var blobs = "/v2/cloudfoundry/guid/blobs/";
      var layer = server.dropletLayer("guid", "hash");
      var slow = new ArrayList<RawConnection>();
      for (int i = 0; i < 5; i++) {
        slow.add(ask(server.connectSlowly("registry"), blobs + layer.digest()));
        slow.add(ask(server.connectSlowly("registry"), blobs + layer.diffId()));
        slow.add(ask(server.connectSlowly("api"), "/droplets/guid/hash"));
      }
      assertThat(openBelow(store.resolve("dropship"))).hasSize(10);
      assertThat(openBelow(store.resolve("cc-droplets"))).hasSize(5);

      for (var connection : slow) {
        connection.close();
      }

      within(SOON, "no blob is open", () -> openBelow(store.resolve("dropship")).isEmpty());
      within(SOON, "no droplet is open", () -> openBelow(store.resolve("cc-droplets")).isEmpty());
    }
  }

  private static RawConnection ask(RawConnection connection, String path) throws IOException {
    connection
        .head("GET " + path + " HTTP/1.1", "Authorization: " + basic("pull", "pull"))
        .awaitFirstByte();
    return connection;
  }

  private static List<Path> openBelow(Path directory) throws IOException {
    var open = new ArrayList<Path>();
    try (var files = Files.newDirectoryStream(OPEN_FILES)) {
      for (var file : files) {
        try {
          open.add(Files.readSymbolicLink(file));
        } catch (IOException closedMeanwhile) {
          // As wanted.
        }
      }
    }
    return open.stream().filter(path -> path.startsWith(directory)).toList();
  }
}
