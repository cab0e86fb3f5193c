package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.registry.TarBomb.Writing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Small droplets that would become too much for a server with little memory, a process of its own:
 * it keeps them as they are, says why there is no image of them, and serves on.
 */
@Timeout(120)
class HostileUploadTest {
  private static final long LIVE_AT_MOST = 100L << 20;

  @TempDir static Path directory;
  private static ForkedServer server;

  @BeforeAll
  static void start() throws Exception {
    server =
        ForkedServer.fork(
            directory,
            Map.of(
                "DROPSHIP_LIMITS_DROPLETS", "1GiB",
                "DROPSHIP_IMAGE_MAX_UNCOMPRESSED_SIZE", "1GiB"),
            "-Xmx128m",
            "-XX:+ExitOnOutOfMemoryError");
    server.withHello();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  static Stream<Arguments> bombs() {
    return Stream.of(
        bomb("ten gigabytes of zeros", TarBomb::zeros, "app/zeros", "1073741824 bytes"),
        bomb("two million empty files", TarBomb::emptyFiles, "deps/0/500000", "500000 entries"),
        bomb("10,000 directories in each other", TarBomb::nested, "d/d/d", "longer than 4095"));
  }

  private static Arguments bomb(String what, Writing bomb, String entry, String reason) {
    return Arguments.of(what, bomb, entry, reason);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bombs")
  void isKeptAndNoImage(String what, Writing bomb, String entry, String reason) throws Exception {
    var droplet = TarBomb.write(directory.resolve("bomb"), bomb);

    assertThat(server.upload("bomb", "hash", droplet).statusCode()).isEqualTo(201);

    var pull = server.get("/v2/cloudfoundry/bomb/manifests/hash");
    assertThat(pull.statusCode()).isEqualTo(403);
    assertThat(RunningServer.code(pull)).isEqualTo("DENIED");
    assertThat(RunningServer.text(pull)).contains("entry '" + entry).contains(reason);
    assertThat(server.send(server.api("/droplets/bomb/hash")).body())
        .isEqualTo(Files.readAllBytes(droplet));
    assertThat(server.partial()).isEmpty();
    assertThat(server.liveBytes()).isLessThan(LIVE_AT_MOST);
    server.expectWholeImage("guid", "hash");
  }
}
