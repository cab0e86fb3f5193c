package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that keeps layers of S3 on its own disk once it has read them. */
@Timeout(60)
class CacheTest {
  private static final String BLOBS = "/v2/cloudfoundry/guid/blobs/";
  private static final int CLIENTS = 50;

  /** So that a layer is more than what is held back until it is known to be right. */
  private static final byte[] DROPLET = Tars.bulkyDroplet(2_000_000);

  @TempDir private Path directory;
  private BucketsOnDisk s3;

  @BeforeEach
  void startS3() throws Exception {
    s3 = new BucketsOnDisk(directory);
  }

  @AfterEach
  void stopS3() throws Exception {
    s3.close();
  }

  private RunningServer start() throws Exception {
    return start(Map.of());
  }

  private RunningServer start(Map<String, String> more) throws Exception {
    var variables = s3.variables(more);
    variables.put("DROPSHIP_STORE_S3_CACHE_PATH", "cache");
    variables.put("DROPSHIP_STORE_S3_CACHE_SIZE", "64MiB");
    return RunningServer.start(directory, variables);
  }

  private static String keyOf(RunningServer.DropletLayer layer) {
    var hex = layer.digest().substring("sha256:".length());
    return "dropship/layers/sha256/" + hex.substring(0, 2) + "/" + hex;
  }

  @Test
  void readsALayerOnceHoweverManyAskAtOnce() throws Exception {
    try (var server = start().withRootfs("1.0").withDroplet("guid", "hash", DROPLET)) {
      var layer = server.dropletLayer("guid", "hash");
      var request = server.registry(BLOBS + layer.digest()).build();

      var pulls =
          Stream.generate(() -> server.client().sendAsync(request, BodyHandlers.ofByteArray()))
              .limit(CLIENTS)
              .toList();

      for (var pull : pulls) {
        assertThat(Tars.digest(pull.get().body())).isEqualTo(layer.digest());
      }
      assertThat(s3.reads(keyOf(layer))).isOne();
      assertThat(server.metric("dropship_cache_downloads_total")).isEqualTo(1);
      assertThat(
              server.metric("dropship_cache_hits_total")
                  + server.metric("dropship_cache_misses_total"))
          .isEqualTo(CLIENTS);
      assertThat(server.metric("dropship_cache_passed_total")).isZero();
      assertThat(server.metric("dropship_cache_bytes")).isGreaterThanOrEqualTo(layer.size());
    }
  }

  @Test
  void stillHasALayerAfterARestart() throws Exception {
    RunningServer.DropletLayer layer;
    try (var server = start().withRootfs("1.0").withDroplet("guid", "hash", DROPLET)) {
      layer = server.dropletLayer("guid", "hash");
      server.get(BLOBS + layer.digest());
    }
    assertThat(s3.reads(keyOf(layer))).isOne();

    try (var server = start()) {
      var pulled = server.get(BLOBS + layer.digest());

      assertThat(Tars.digest(pulled.body())).isEqualTo(layer.digest());
      assertThat(server.metric("dropship_cache_hits_total")).isEqualTo(1);
      assertThat(server.metric("dropship_cache_downloads_total")).isZero();
    }
    assertThat(s3.reads(keyOf(layer))).isOne();
  }

  @Test
  void neverSendsOtherBytesToTheirEnd() throws Exception {
    try (var server = start().withRootfs("1.0").withDroplet("guid", "hash", DROPLET)) {
      var layer = server.dropletLayer("guid", "hash");
      var right = s3.get(keyOf(layer));
      var wrong = right.clone();
      wrong[wrong.length / 2] ^= 1;
      s3.put(keyOf(layer), wrong);

      assertThatThrownBy(() -> server.get(BLOBS + layer.digest())).isInstanceOf(IOException.class);
      assertThat(server.metric("dropship_cache_refused_total")).isEqualTo(1);
      assertThat(server.metric("dropship_cache_bytes")).isZero();

      s3.put(keyOf(layer), right);
      assertThat(Tars.digest(server.get(BLOBS + layer.digest()).body())).isEqualTo(layer.digest());
    }
  }

  @Test
  void servesWhatCannotBeRedirected() throws Exception {
    try (var server =
        start(Map.of("DROPSHIP_STORE_S3_REDIRECT", "true"))
            .withRootfs("1.0")
            .withDroplet("guid", "hash", DROPLET)) {
      var layer = server.dropletLayer("guid", "hash");

      assertThat(server.get(BLOBS + layer.digest()).statusCode()).isEqualTo(307);
      assertThat(server.metric("dropship_cache_downloads_total")).isZero();
      for (int pull = 0; pull < 2; pull++) {
        assertThat(Tars.digest(server.get(BLOBS + layer.diffId()).body()))
            .isEqualTo(layer.diffId());
      }
      assertThat(s3.reads(keyOf(layer))).isOne();
    }
  }
}
