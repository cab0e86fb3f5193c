package dropship.scheduler.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dropship.blobstore.content.Digest;
import dropship.scheduler.peer.Peer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

/**
 * What the registry knows: which root file systems are active, and the digest of each droplet's
 * image on one of them. Methods block; whoever asks what is being asked already shares the answer.
 *
 * <p>The version is part of the name that is asked for, so what the registry does not have yet is
 * unknown to it; it never answers with an image on another root file system.
 */
public final class Registry {
  private static final long SHARED_NANOS = Duration.ofSeconds(1).toNanos();
  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final int MOST_KEPT = 20_000;
  private static final Map<String, String> MANIFESTS =
      Map.of(
          "Accept",
          "application/vnd.oci.image.manifest.v1+json,"
              + " application/vnd.docker.distribution.manifest.v2+json");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

  private final Peer api;
  private final Peer images;
  private final String address;
  private final Executor threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AsyncCache<Pin, PinnedImage> pinned =
      Caffeine.newBuilder().maximumSize(MOST_KEPT).expireAfterWrite(KEPT).buildAsync();
  private Asked asked = new Asked(CompletableFuture.failedFuture(new IOException("not asked")), 0);

  private record Pin(Droplet droplet, Rootfs rootfs) {}

  private record Asked(CompletableFuture<ActiveRootfs> answer, long since) {
    boolean isShared() {
      return !answer.isDone()
          || (!answer.isCompletedExceptionally() && System.nanoTime() - since < SHARED_NANOS);
    }
  }

  /**
   * @param api where root file systems are managed
   * @param images where images are pulled from
   * @param address what kubelets call that, {@code host:port}
   */
  public Registry(Peer api, Peer images, String address) {
    this.api = api;
    this.images = images;
    this.address = address;
  }

  /** What is active; not known for longer than a second. */
  public ActiveRootfs rootfs() throws IOException {
    CompletableFuture<ActiveRootfs> answer;
    synchronized (this) {
      if (!asked.isShared()) {
        asked = new Asked(later(this::askRootfs), System.nanoTime());
      }
      answer = asked.answer;
    }
    return await(answer);
  }

  /** Makes a version the one that images use. */
  public void activate(Rootfs rootfs) throws IOException {
    var body = JsonNodeFactory.instance.objectNode().put("version", rootfs.version()).toString();
    var answer = api.sendJson("PUT", "/rootfs/" + encoded(rootfs.stack()) + "/active", body);
    if (answer.status() != 200) {
      throw new IOException(
          "the registry does not activate %s: %d %s"
              .formatted(rootfs, answer.status(), answer.reason()));
    }
    synchronized (this) {
      asked = new Asked(later(this::askRootfs), System.nanoTime());
    }
  }

  /**
   * The image of a droplet on a version of a stack.
   *
   * @throws ImageUnknown if the registry does not have one of them
   * @throws DropletUnsuitable if there can be no image
   * @throws IOException if it is not known now
   */
  public PinnedImage resolve(Droplet droplet, Rootfs rootfs) throws IOException {
    var pin = new Pin(droplet, rootfs);
    var answer = pinned.get(pin, (key, executor) -> later(() -> ask(droplet, rootfs)));
    try {
      return await(answer);
    } catch (IOException e) {
      // The cache drops failures too, but perhaps after those who wait have been told.
      pinned.asMap().remove(pin, answer);
      throw e;
    }
  }

  private ActiveRootfs askRootfs() throws IOException {
    var answer = api.get("/rootfs");
    var json = answer.json();
    if (answer.status() != 200 || !json.path("stacks").isObject()) {
      throw new IOException(
          "the registry does not say which root file systems it has: GET %s/rootfs: %d %s"
              .formatted(api.url(), answer.status(), answer.reason()));
    }
    var stacks = new HashMap<String, ActiveRootfs.Stack>();
    json.path("stacks")
        .properties()
        .forEach(stack ->
            stacks.put(
                stack.getKey(),
                new ActiveRootfs.Stack(
                    text(stack.getValue(), "active"), text(stack.getValue(), "previous"))));
    return new ActiveRootfs(json.path("defaultStack").asText(), stacks);
  }

  private static Optional<String> text(JsonNode json, String field) {
    return Optional.of(json.path(field).asText()).filter(text -> !text.isEmpty());
  }

  private PinnedImage ask(Droplet droplet, Rootfs rootfs) throws IOException {
    var tag = droplet.hash() + "." + rootfs.stack() + "-" + rootfs.version();
    if (!NAME.matcher(droplet.guid()).matches() || !NAME.matcher(tag).matches()) {
      throw new ImageUnknown("'%s:%s' can name no image".formatted(droplet.guid(), tag));
    }
    var path = "/v2/cloudfoundry/" + droplet.guid() + "/manifests/" + tag;
    var answer = images.send("HEAD", path, MANIFESTS, Optional.empty());
    return switch (answer.status()) {
      case 200 -> pinned(droplet, rootfs, digest(answer.header("Docker-Content-Digest"), path));
      case 403 -> throw new DropletUnsuitable(droplet, reason(path));
      case 404 ->
          throw new ImageUnknown(
              "the registry has no image of droplet %s on %s: %s"
                  .formatted(droplet, rootfs, reason(path)));
      default ->
          throw new IOException(
              "HEAD %s%s: the registry answers %d: %s"
                  .formatted(images.url(), path, answer.status(), reason(path)));
    };
  }

  private PinnedImage pinned(Droplet droplet, Rootfs rootfs, Digest digest) {
    var reference = address + "/cloudfoundry/" + droplet.guid() + "@" + digest.value();
    return new PinnedImage(reference, rootfs, digest);
  }

  private Digest digest(Optional<String> header, String path) throws IOException {
    try {
      return new Digest(header.orElse("none"));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "HEAD %s%s: Docker-Content-Digest: %s".formatted(images.url(), path, e.getMessage()), e);
    }
  }

  /** The answer to a HEAD has no body, so what it would have said is asked for. */
  private String reason(String path) throws IOException {
    return images.send("GET", path, MANIFESTS, Optional.empty()).reason();
  }

  private static String encoded(String segment) {
    return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private <T> CompletableFuture<T> later(Callable<T> question) {
    var answer = new CompletableFuture<T>();
    threads.execute(() -> {
      try {
        answer.complete(question.call());
      } catch (Throwable e) {
        // Errors too: whoever waits for the future must hear of them.
        answer.completeExceptionally(e);
      }
    });
    return answer;
  }

  /** Whoever is told of a failure gets it as the kind of failure it is. */
  private static <T> T await(CompletableFuture<T> answer) throws IOException {
    try {
      return answer.get();
    } catch (ExecutionException | CompletionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }
}
