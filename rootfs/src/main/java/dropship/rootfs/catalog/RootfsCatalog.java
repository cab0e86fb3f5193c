package dropship.rootfs.catalog;

import dropship.blobstore.content.Blocking;
import dropship.blobstore.content.Conduit;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.JsonBlobs;
import dropship.blobstore.store.ListedBlob;
import dropship.blobstore.store.NoSpaceLeft;
import dropship.blobstore.store.PreconditionFailed;
import dropship.blobstore.store.Tombstones;
import dropship.rootfs.layer.Compression;
import dropship.rootfs.layer.Layer;
import dropship.rootfs.layer.Layers;
import dropship.rootfs.lifecycle.LifecycleLayer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which versions of which stacks exist, and which is active. Questions are answered from memory;
 * changes go to the store first. Versions are immutable: the same name always means the same bytes.
 */
public final class RootfsCatalog {
  private static final int CONDUIT = 1024 * 1024;

  private final Vertx vertx;
  private final JsonBlobs records;
  private final Tombstones tombstones;
  private final Layers layers;
  private final Settings settings;
  private final Path scratch;
  private final Executor executor;
  private final Clock clock;
  private final AtomicLong refreshes = new AtomicLong();
  private long learnt;
  private volatile Known known = new Known(Map.of(), Map.of(), Map.of());

  /**
   * What may be chosen.
   *
   * @param compression of what we make: layers of plain tars, and the lifecycle layer
   * @param retention how long a removed version stays pullable by those who have pinned it
   */
  public record Settings(Compression compression, Duration retention) {}

  private record Known(
      Map<RootfsId, RootfsVersion> versions,
      Map<String, ActiveVersion> active,
      Map<ListedBlob, Entry> read) {}

  /** A version, and whether this import has made it. */
  public record Imported(RootfsVersion version, boolean isNew) {}

  public RootfsCatalog(
      Vertx vertx,
      Blobstore store,
      Tombstones tombstones,
      Settings settings,
      Path scratch,
      Executor executor,
      Clock clock) {
    this.vertx = vertx;
    this.records = new JsonBlobs(vertx, store);
    this.tombstones = tombstones;
    this.layers = new Layers(vertx, store, tombstones, executor);
    this.settings = settings;
    this.scratch = scratch;
    this.executor = executor;
    this.clock = clock;
  }

  /**
   * Reads from the store what is new or another since the last time. Call it before the first
   * question, and again every so often: other servers of the same store change it as well.
   */
  public Future<Void> refresh() {
    long ticket = refreshes.incrementAndGet();
    var before = known.read;
    return records
        .below(RootfsId.ALL)
        .compose(listed -> Future.all(listed.stream().map(blob -> read(blob, before)).toList()))
        .onSuccess(all -> learn(ticket, all.<Optional<Read>>list()))
        .mapEmpty();
  }

  /** What was read later counts, whichever is done first. */
  private synchronized void learn(long ticket, List<Optional<Read>> all) {
    if (ticket < learnt) {
      return;
    }
    var read = new HashMap<ListedBlob, Entry>();
    all.stream().flatMap(Optional::stream).forEach(each -> read.put(each.blob, each.entry));
    learnt = ticket;
    if (read.equals(known.read)) {
      return;
    }
    var versions = new TreeMap<RootfsId, RootfsVersion>();
    var active = new TreeMap<String, ActiveVersion>();
    for (var entry : read.values()) {
      switch (entry) {
        case VersionEntry(var version) -> versions.put(version.id(), version);
        case ActiveEntry(var stack, var version) -> active.put(stack, version);
      }
    }
    known = new Known(versions, active, read);
  }

  private sealed interface Entry {}

  private record VersionEntry(RootfsVersion version) implements Entry {}

  private record ActiveEntry(String stack, ActiveVersion version) implements Entry {}

  private record Read(ListedBlob blob, Entry entry) {}

  private Future<Optional<Read>> read(ListedBlob blob, Map<ListedBlob, Entry> before) {
    var known = Optional.ofNullable(before.get(blob));
    return (known.isPresent() ? Future.succeededFuture(known) : readEither(blob.key()))
        .map(found -> found.map(entry -> new Read(blob, entry)));
  }

  /** Empty if it has been deleted since it was listed. */
  private Future<Optional<Entry>> readEither(BlobKey key) {
    var stack = key.value().split("/")[1];
    return key.equals(RootfsId.activeKey(stack))
        ? records
            .find(key, ActiveVersion.class)
            .map(found -> found.map(active -> new ActiveEntry(stack, active)))
        : records.find(key, RootfsVersion.class).map(found -> found.map(VersionEntry::new));
  }

  /**
   * Every version there is, by stack and version; removed ones too, while somebody may have pinned
   * them.
   */
  public List<RootfsVersion> versions() {
    var now = clock.instant();
    return known.versions.values().stream().filter(version -> isPullable(version, now)).toList();
  }

  private boolean isPullable(RootfsVersion version, Instant now) {
    return version
        .removed()
        .map(since -> now.isBefore(since.plus(settings.retention)))
        .orElse(true);
  }

  /**
   * A version as it is kept.
   *
   * @param isOutdated whether it was removed so long ago that nobody can pull it any more
   */
  public record Kept(ListedBlob blob, RootfsVersion record, boolean isOutdated) {}

  /** Every version in the store, read now, the outdated ones too. */
  public Future<List<Kept>> inStore() {
    return refresh()
        .map(refreshed -> {
          var now = clock.instant();
          var kept = new ArrayList<Kept>();
          known.read.forEach((blob, entry) -> {
            if (entry instanceof VersionEntry(var version)) {
              kept.add(new Kept(blob, version, !isPullable(version, now)));
            }
          });
          return kept;
        });
  }

  /** The version that new images of {@code stack} are made with. */
  public Optional<RootfsVersion> active(String stack) {
    var now = known;
    return Optional.ofNullable(now.active.get(stack))
        .map(active -> now.versions.get(new RootfsId(stack, active.version())));
  }

  /** The same, with its history, for every stack that has one. */
  public Map<String, ActiveVersion> active() {
    return known.active;
  }

  /**
   * Imports the file that {@code body} (paused) brings. A version that exists with the same bytes
   * is success; with others, a {@link RootfsConflict}. Fails with {@link InvalidRootfs}.
   */
  public Future<Imported> importVersion(RootfsId id, ReadStream<Buffer> body) {
    var twin =
        known.versions.keySet().stream()
            .filter(other -> other.pin().equals(id.pin()) && !other.equals(id))
            .findFirst();
    if (twin.isPresent()) {
      return Future.failedFuture(
          new RootfsConflict(
              "root file system %s would be pinned by the same tags as %s; choose another name"
                  .formatted(id, twin.get())));
    }
    var conduit = new Conduit(vertx.getOrCreateContext(), CONDUIT);
    conduit.fillFrom(body);
    var file = scratch.resolve(UUID.randomUUID().toString());
    return run(
            () -> {
              try (var input = conduit.input()) {
                return RootfsFile.read(input, settings.compression, file, executor);
              }
            })
        .compose(read -> keep(id, read, file))
        .recover(failure ->
            Future.failedFuture(
                NoSpaceLeft.orElse(failure, "importing the root file system " + id)))
        .eventually(() -> run(() -> Files.deleteIfExists(file)));
  }

  private Future<Imported> keep(RootfsId id, RootfsFile read, Path file) {
    return tombstones
        .spare(id.key())
        .compose(spared -> records.readVersioned(id.key(), RootfsVersion.class))
        .compose(
            found -> found.isPresent() ? keepAgain(id, read, found.get()) : keepNew(id, read, file))
        // Somebody changed the same version meanwhile: look again at what it is now.
        .recover(PreconditionFailed.then(() -> keep(id, read, file)));
  }

  private Future<Imported> keepAgain(
      RootfsId id, RootfsFile read, JsonBlobs.Versioned<RootfsVersion> found) {
    var existing = found.value();
    if (!existing.source().equals(read.source())) {
      return Future.failedFuture(
          new RootfsConflict(
              "root file system %s exists with other content: it was imported from %s, this file is %s; choose another version"
                  .formatted(id, existing.source(), read.source())));
    }
    var restored = existing.removedAt(Optional.empty());
    return (existing.removed().isEmpty()
            ? Future.succeededFuture()
            : records.put(id.key(), restored, new Condition.IfMatch(found.etag())))
        .compose(stored -> refresh())
        .map(refreshed -> new Imported(restored, false));
  }

  private Future<Imported> keepNew(RootfsId id, RootfsFile read, Path file) {
    var lifecycleFile = scratch.resolve(UUID.randomUUID().toString());
    return run(() -> LifecycleLayer.write(settings.compression, lifecycleFile, executor))
        .compose(lifecycle ->
            layers
                .putAll(files(read.layer(), file, lifecycle, lifecycleFile))
                .compose(since -> {
                  var version =
                      new RootfsVersion(
                          id.stack(),
                          id.version(),
                          LifecycleLayer.RECIPE,
                          read.architecture(),
                          List.of(read.layer()),
                          lifecycle,
                          read.source(),
                          clock.instant(),
                          Optional.empty());
                  tombstones.checkSpared(since);
                  return records
                      .put(id.key(), version, Condition.IF_ABSENT)
                      .compose(stored -> refresh())
                      .map(refreshed -> new Imported(version, true));
                }))
        .eventually(() -> run(() -> Files.deleteIfExists(lifecycleFile)));
  }

  /** Somebody may import the lifecycle layer itself. */
  private static Map<Layer, Path> files(Layer one, Path file, Layer other, Path otherFile) {
    var files = new HashMap<Layer, Path>();
    files.put(one, file);
    files.put(other, otherFile);
    return files;
  }

  /** Makes a version the one that new images use; fails with {@link RootfsUnknown}. */
  public Future<ActiveVersion> activate(RootfsId id) {
    var wanted = known.versions.get(id);
    if (wanted == null || wanted.removed().isPresent()) {
      return Future.failedFuture(new RootfsUnknown(id));
    }
    var key = RootfsId.activeKey(id.stack());
    return records
        .readVersioned(key, ActiveVersion.class)
        .compose(found -> {
          var before = found.map(JsonBlobs.Versioned::value);
          if (before.isPresent() && before.get().version().equals(id.version())) {
            return Future.succeededFuture(before.get());
          }
          var active =
              new ActiveVersion(id.version(), before.map(ActiveVersion::version), clock.instant());
          var condition =
              found
                  .<Condition>map(last -> new Condition.IfMatch(last.etag()))
                  .orElse(Condition.IF_ABSENT);
          return records.put(key, active, condition).map(active);
        })
        .recover(PreconditionFailed.then(() -> activate(id)))
        .compose(active -> refresh().map(active));
  }

  /**
   * Makes no new use of a version: what has pinned it goes on for the retention. Fails with {@link
   * RootfsConflict} while it is active, with {@link RootfsUnknown} if there is none.
   */
  public Future<Void> remove(RootfsId id) {
    if (active(id.stack()).filter(active -> active.id().equals(id)).isPresent()) {
      return Future.failedFuture(
          new RootfsConflict(
              "root file system "
                  + id
                  + " is active; activate another version before removing it"));
    }
    return records
        .readVersioned(id.key(), RootfsVersion.class)
        .compose(found -> {
          var version = found.orElseThrow(() -> new RootfsUnknown(id));
          if (version.value().removed().isPresent()) {
            return Future.<Void>succeededFuture();
          }
          var removed = version.value().removedAt(Optional.of(clock.instant()));
          return records
              .put(id.key(), removed, new Condition.IfMatch(version.etag()))
              .<Void>mapEmpty();
        })
        .recover(PreconditionFailed.then(() -> remove(id)))
        .compose(stored -> refresh());
  }

  private <T> Future<T> run(Callable<T> work) {
    return Blocking.call(vertx, executor, work);
  }
}
