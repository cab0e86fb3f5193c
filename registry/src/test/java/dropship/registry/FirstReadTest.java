package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** However many nodes want an image that memory does not hold, its droplet is looked up once. */
@Timeout(60)
class FirstReadTest {
  private static final int NODES = 200;
  private static final String MANIFEST = "/v2/cloudfoundry/guid/manifests/hash";

  @Test
  void readsOneRecordForManyWhoAskAtOnceAndConvertsNothing(@TempDir Path directory)
      throws Exception {
    byte[] expected;
    try (var before =
        RunningServer.startOnDisk(directory)
            .withRootfs("1.0")
            .withDroplet("guid", "hash", Tars.droplet("popular"))) {
      expected = before.get(MANIFEST).body();
    }

    try (var server = RunningServer.startOnDisk(directory)) {
      assertThat(server.metric("dropship_record_reads_total")).isZero();

      var answers =
          IntStream.range(0, NODES)
              .mapToObj(node ->
                  server
                      .client()
                      .sendAsync(server.registry(MANIFEST).build(), BodyHandlers.ofByteArray()))
              .toList();

      for (var answer : answers) {
        assertThat(answer.get().statusCode()).isEqualTo(200);
        assertThat(answer.get().body()).isEqualTo(expected);
      }
      assertThat(server.metric("dropship_record_reads_total")).isEqualTo(1);
      assertThat(server.metric("dropship_conversions_total")).isZero();
    }
  }
}
