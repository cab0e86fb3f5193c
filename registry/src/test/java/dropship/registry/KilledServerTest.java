package dropship.registry;

import static dropship.registry.RunningServer.STACK;
import static dropship.registry.RunningServer.filesBelow;
import static dropship.registry.RunningServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.resource.DropletId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server that is killed in the middle of uploads and imports has lost nothing that it answered,
 * shows nothing that is not whole, and takes the same again.
 *
 * <p>What a kill may leave behind: a layer without the record that was to name it, which is garbage
 * until the same upload comes again and, as conversion is deterministic, uses it; and a droplet
 * without its record.
 */
@Timeout(400)
class KilledServerTest {
  private static final int KILLS = 20;
  private static final String LAYERS = "dropship/layers/sha256/";

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  @AutoClose("shutdownNow")
  private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

  @TempDir private Path directory;
  @AutoClose private ForkedServer server;

  /** What is on disk from the rounds before. */
  private Set<String> settled = Set.of();

  /** What a client wants of the server. */
  private interface Work {
    int send(RunningServer server) throws Exception;

    /** Whether the server has it; if so, all of it. */
    boolean isThere(RunningServer server) throws Exception;

    /** The files in the store that can be reached by it, from the root of the store. */
    Set<String> files(RunningServer server) throws Exception;
  }

  private record Droplet(String guid, String hash, byte[] bytes) implements Work {
    @Override
    public int send(RunningServer server) throws Exception {
      return server.upload(guid, hash, bytes).statusCode();
    }

    @Override
    public boolean isThere(RunningServer server) throws Exception {
      var droplet = server.send(server.api("/droplets/%s/%s".formatted(guid, hash)));
      if (droplet.statusCode() == 200) {
        assertThat(droplet.body()).isEqualTo(bytes);
      } else {
        assertThat(droplet.statusCode()).isEqualTo(404);
      }
      if (record(server).isEmpty()) {
        return false;
      }
      assertThat(droplet.statusCode()).as("a droplet that has a record is there").isEqualTo(200);
      server.expectWholeImage(guid, hash);
      return true;
    }

    @Override
    public Set<String> files(RunningServer server) throws Exception {
      var files = new TreeSet<String>();
      if (server.send(server.api("/droplets/%s/%s".formatted(guid, hash)).HEAD()).statusCode()
          == 200) {
        files.add("cc-droplets/" + new DropletId(guid, hash).key());
      }
      record(server)
          .ifPresent(record -> {
            files.add("dropship/droplets/%s/%s.json".formatted(guid, hash));
            files.addAll(layerFiles(record));
          });
      return files;
    }

    private Optional<JsonObject> record(RunningServer server) throws Exception {
      var answer = server.send(server.api("/images/%s/%s".formatted(guid, hash)));
      assertThat(answer.statusCode()).isIn(200, 404);
      return Optional.of(json(answer)).filter(json -> answer.statusCode() == 200);
    }

    @Override
    public String toString() {
      return "droplet " + guid + "/" + hash;
    }
  }

  private record Rootfs(String version, byte[] tar) implements Work {
    @Override
    public int send(RunningServer server) throws Exception {
      return server.importRootfs(version, tar).statusCode();
    }

    @Override
    public boolean isThere(RunningServer server) throws Exception {
      if (record(server).isEmpty()) {
        return false;
      }
      server.expectWholeImage("round-0", "small.%s-%s".formatted(STACK, version));
      return true;
    }

    @Override
    public Set<String> files(RunningServer server) throws Exception {
      var files = new TreeSet<String>();
      record(server)
          .ifPresent(record -> {
            files.add("dropship/rootfs/%s/%s.json".formatted(STACK, version));
            files.addAll(layerFiles(record));
          });
      return files;
    }

    private Optional<JsonObject> record(RunningServer server) throws Exception {
      return json(server.send(server.api("/rootfs")))
          .getJsonObject("stacks")
          .getJsonObject(STACK)
          .getJsonArray("versions")
          .stream()
          .map(JsonObject.class::cast)
          .filter(each -> each.getString("version").equals(version))
          .findFirst();
    }

    @Override
    public String toString() {
      return "root file system " + version;
    }
  }

  private static List<String> layerFiles(JsonObject record) {
    return record.getJsonArray("layers", new JsonArray()).stream()
        .map(layer -> ((JsonObject) layer).getString("digest").substring("sha256:".length()))
        .map(hex -> LAYERS + hex.substring(0, 2) + "/" + hex)
        .toList();
  }

  @Test
  void losesNothingThatItAnsweredAndShowsNothingThatIsNotWhole() throws Exception {
    var all = new ArrayList<Work>();
    int answered = 0;
    start();
    server.withRootfs("1.0");
    settled = onDisk();
    long length = sendAll(works(0));
    for (int round = 1; round <= KILLS; round++) {
      var works = works(round);
      all.addAll(works);
      long delay = random.nextLong(length);
      try {
        answered += sendAndKill(works, delay);
        length = sendAll(works);
      } catch (Exception | AssertionError e) {
        throw new AssertionError(
            "with -Dseed=%d, killed for the %dth time, after %d of about %d ms:%n%s"
                .formatted(seed, round, delay, length, server.log()),
            e);
      }
    }
    assertThat(there(all)).isEqualTo(all);
    assertThat(answered)
        .as("how many of %d were answered before a kill, with -Dseed=%d", all.size(), seed)
        .isBetween(1, all.size() - 1);
  }

  private void start() throws Exception {
    server = ForkedServer.fork(directory, Map.of(), ForkedServer.STARTS_SOON);
  }

  /** Four droplets, and every other time a root file system. */
  private List<Work> works(int round) {
    var guid = "round-" + round;
    var works = new ArrayList<Work>();
    works.add(new Droplet(guid, "small", droplet(noise(150_000))));
    works.add(new Droplet(guid, "medium", droplet(noise(1_000_000))));
    works.add(new Droplet(guid, "large", droplet(noise(3_000_000))));
    works.add(new Droplet(guid, "text", droplet(text(6_000_000))));
    if (round % 2 == 1) {
      works.add(new Rootfs("2." + round, Tars.rootfs(new String(text(2_000_000)))));
    }
    return works;
  }

  private static byte[] droplet(byte[] content) {
    return Tars.droplet(new Tars.Entry("./app/content", content));
  }

  private byte[] noise(int size) {
    var bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Compresses well. */
  private byte[] text(int size) {
    var text = new StringBuilder();
    while (text.length() < size) {
      text.append("The quick brown fox jumps over ")
          .append(random.nextInt(1000))
          .append(" lazy dogs.\n");
    }
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  private List<Future<Integer>> send(List<Work> works) {
    return works.stream().map(work -> clients.submit(() -> work.send(server))).toList();
  }

  /** Sends all at once; the server takes all and has nothing else. Tells how long it took. */
  private long sendAll(List<Work> works) throws Exception {
    long start = System.nanoTime();
    for (var status : send(works)) {
      assertThat(status.get()).isIn(200, 201);
    }
    long millis = 1 + (System.nanoTime() - start) / 1_000_000;

    assertThat(there(works)).isEqualTo(works);
    settled.addAll(reachable(works));
    assertThat(onDisk()).isEqualTo(settled);
    return millis;
  }

  /** Sends all at once, to a server that is killed meanwhile. Tells how many it has answered. */
  private int sendAndKill(List<Work> works, long delay) throws Exception {
    var statuses = send(works);
    Thread.sleep(delay);
    server.kill();
    var answered = new ArrayList<Work>();
    for (int i = 0; i < works.size(); i++) {
      try {
        assertThat(statuses.get(i).get()).isEqualTo(201);
        answered.add(works.get(i));
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(IOException.class);
      }
    }
    server.close();

    start();

    assertThat(server.partial()).isEmpty();
    assertThat(there(works)).containsAll(answered);
    var files = onDisk();
    assertThat(files).containsAll(settled).containsAll(reachable(works));
    files.removeAll(settled);
    files.removeAll(reachable(works));
    for (var garbage : files) {
      assertThat(garbage).startsWith(LAYERS);
      var bytes = Files.readAllBytes(server.store().resolve(garbage));
      assertThat(Tars.digest(bytes)).isEqualTo("sha256:" + Path.of(garbage).getFileName());
    }
    return answered.size();
  }

  private List<Work> there(List<Work> works) throws Exception {
    var there = new ArrayList<Work>();
    for (var work : works) {
      if (work.isThere(server)) {
        there.add(work);
      }
    }
    return there;
  }

  private Set<String> reachable(List<Work> works) throws Exception {
    var files = new TreeSet<String>();
    for (var work : works) {
      files.addAll(work.files(server));
    }
    return files;
  }

  private Set<String> onDisk() throws IOException {
    var files = new TreeSet<String>();
    for (var file : filesBelow(server.store())) {
      files.add(server.store().relativize(file).toString());
    }
    return files;
  }
}
