package dropship.blobstore.server;

import dropship.blobstore.content.Blocking;
import dropship.blobstore.content.Digest;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over certificates and passwords when their files change. It looks at contents, not at
 * times: Kubernetes swaps a link above them. What cannot be used is refused, and the old stays.
 */
public final class Reloader {
  private static final Logger LOG = LoggerFactory.getLogger(Reloader.class);
  private static final long PERIOD_MILLIS = 1000;

  private final Vertx vertx;
  private final Counter reloads;
  private final Counter failures;
  private final List<Watch> watches = new CopyOnWriteArrayList<>();

  public Reloader(Vertx vertx, MeterRegistry metrics) {
    this.vertx = vertx;
    this.reloads = counter(metrics, "success");
    this.failures = counter(metrics, "failure");
    vertx.setPeriodic(PERIOD_MILLIS, now -> watches.forEach(Watch::look));
  }

  private static Counter counter(MeterRegistry metrics, String result) {
    return Counter.builder("dropship.reloads")
        .description("Certificates and passwords taken over after their files changed")
        .tag("result", result)
        .register(metrics);
  }

  /** Watches the certificates that a listener was configured with. */
  public void watch(Listener listener) {
    listener
        .tls()
        .ifPresent(tls -> watch(listener.name() + ".tls", tls.files(), listener::reloadTls));
  }

  /** Watches the passwords that a surface was configured with. */
  public void watch(Surface surface) {
    var users = surface.users();
    if (!users.isEmpty()) {
      watch(
          surface.name() + ".users",
          users.files(),
          () -> Blocking.call(vertx, () -> users.reload(vertx)));
    }
  }

  /**
   * Watches files that are used together.
   *
   * @param reload takes over what is in them now, or fails and changes nothing
   */
  public void watch(String name, List<Path> files, Supplier<Future<?>> reload) {
    watches.add(new Watch(name, files, reload));
  }

  /** Files that belong together, and what to do when they have changed. */
  private final class Watch {
    private final String name;
    private final List<Path> files;
    private final Supplier<Future<?>> reload;
    private Digest current;
    private Digest seen;

    Watch(String name, List<Path> files, Supplier<Future<?>> reload) {
      this.name = name;
      this.files = files;
      this.reload = reload;
      this.current = contents(files);
      this.seen = current;
    }

    /** Files that are written one after another are complete when they have been the same twice. */
    void look() {
      Blocking.call(vertx, () -> contents(files))
          .onSuccess(now -> {
            boolean settled = now.equals(seen);
            seen = now;
            if (settled && !now.equals(current)) {
              current = now;
              takeOver();
            }
          });
    }

    private void takeOver() {
      reload
          .get()
          .onSuccess(done -> {
            reloads.increment();
            LOG.info("{}: the changed files {} are in use", name, files);
          })
          .onFailure(failure -> {
            failures.increment();
            LOG.error(
                "{}: the changed files {} cannot be used, the old ones stay: {}",
                name,
                files,
                failure.getMessage());
          });
    }
  }

  /** What is in the files; one that cannot be read counts as empty. */
  private static Digest contents(List<Path> files) {
    var hash = Digest.sha256();
    for (var file : files) {
      try {
        hash.update(
            Digest.of(Files.readAllBytes(file)).value().getBytes(StandardCharsets.US_ASCII));
      } catch (IOException unreadable) {
        hash.update((byte) 0);
      }
    }
    return Digest.fromSha256(hash.digest());
  }
}
