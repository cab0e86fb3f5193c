package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.resource.DropletId;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two servers of one store, and droplets that came by none of them. */
@Timeout(120)
class ReplicasTest {
  private static final String MANIFEST = "/v2/cloudfoundry/guid/manifests/hash";

  /** "Within a second or two", and some more for a machine that is busy. */
  private static final Duration SOON = Duration.ofSeconds(5);

  @TempDir private Path directory;
  private BucketsOnDisk s3;
  private RunningServer one;
  private RunningServer other;

  @BeforeEach
  void startBoth() throws Exception {
    s3 = new BucketsOnDisk(directory);
    one = RunningServer.start(directory, s3.variables(Map.of()));
    other = RunningServer.start(directory, s3.variables(Map.of()));
  }

  @AfterEach
  void stopBoth() throws Exception {
    other.close();
    one.close();
    s3.close();
  }

  @Test
  void whatIsMadeOrDeletedThroughOneIsSeenByTheOther() throws Exception {
    assertThat(other.get(MANIFEST).statusCode()).isEqualTo(404);

    one.withRootfs("1.0").withDroplet("guid", "hash", Tars.droplet("app"));
    soon(() -> other.get(MANIFEST).statusCode() == 200);
    assertThat(other.get(MANIFEST).body()).isEqualTo(one.get(MANIFEST).body());

    other.withRootfs("2.0");
    var swapped = other.get(MANIFEST).body();
    soon(() -> Arrays.equals(one.get(MANIFEST).body(), swapped));

    one.send(one.api("/droplets/guid/hash").DELETE());
    soon(() -> other.get(MANIFEST).statusCode() == 404);
  }

  private static void soon(Callable<Boolean> seen) throws Exception {
    RunningServer.within(SOON, "the other server sees it", seen);
  }

  @Test
  void theSameDropletUploadedThroughBothAtOnceIsOneImage() throws Exception {
    one.withRootfs("1.0");
    var droplet = Tars.droplet("app");
    var uploads = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < 6; i++) {
      var server = i % 2 == 0 ? one : other;
      uploads.add(CompletableFuture.runAsync(() -> upload(server, droplet)));
    }
    uploads.forEach(CompletableFuture::join);

    soon(() -> other.get(MANIFEST).statusCode() == 200);
    assertThat(other.get(MANIFEST).body()).isEqualTo(one.get(MANIFEST).body());
  }

  private static void upload(RunningServer server, byte[] droplet) {
    try {
      server.withDroplet("guid", "hash", droplet);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aDropletOfTheCloudControllersIsConvertedOnceHoweverManyAsk() throws Exception {
    one.withRootfs("1.0");
    soon(() -> RunningServer.text(other.ops("/info")).contains("1.0"));
    putTheirs("guid", "hash", Tars.bulkyDroplet(4 << 20));

    var answers = new ArrayList<CompletableFuture<HttpResponse<byte[]>>>();
    for (int i = 0; i < 40; i++) {
      var server = i % 2 == 0 ? one : other;
      answers.add(
          server.client().sendAsync(server.registry(MANIFEST).build(), BodyHandlers.ofByteArray()));
    }

    for (var answer : answers) {
      assertThat(answer.get().statusCode()).isEqualTo(200);
      assertThat(answer.get().body()).isEqualTo(answers.getFirst().get().body());
    }
    assertThat(
            one.metric("dropship_conversions_total") + other.metric("dropship_conversions_total"))
        .isEqualTo(1);
    assertThat(s3.resolve("all/dropship/conversions/guid/hash.json")).doesNotExist();
  }

  @Test
  void aDropletOfTheCloudControllersThatCannotBeAnImageIsRefusedWithTheReason() throws Exception {
    one.withRootfs("1.0");
    putTheirs("guid", "hash", "no droplet".getBytes());

    var answer = one.get(MANIFEST);

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(new String(answer.body())).contains("DENIED").contains("guid/hash");
    assertThat(one.get("/v2/cloudfoundry/guid/manifests/none").statusCode()).isEqualTo(404);
  }

  private void putTheirs(String guid, String hash, byte[] droplet) {
    s3.put("cc-droplets/" + new DropletId(guid, hash).key(), droplet);
  }
}
