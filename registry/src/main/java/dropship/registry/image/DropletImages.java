package dropship.registry.image;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.Digest;
import dropship.blobstore.resource.DropletId;
import dropship.blobstore.resource.DropletIntake;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Tombstones;
import dropship.registry.oci.Reference.Tag;
import dropship.rootfs.catalog.RootfsCatalog;
import dropship.rootfs.catalog.RootfsVersion;
import dropship.rootfs.layer.Layers;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/**
 * The images of all droplets: each droplet on each version of a root file system. None is stored;
 * each is made of two records when it is asked for, and memory holds the ones in use.
 *
 * <p>A repository is a droplet's guid. Its tags are the droplet's hash (on the active version of
 * the default stack) and hash and version together, which pins the version.
 */
public final class DropletImages {
  /** In bytes. An image that has been dropped is made anew in less than a millisecond. */
  private static final long IN_MEMORY = 32L << 20;

  /** Time to begin with the download; S3 does not look at the clock again once it sends. */
  private static final Duration URL_VALID = Duration.ofMinutes(20);

  private final RootfsCatalog catalog;
  private final String defaultStack;
  private final DropletRecords records;
  private final Layers layers;
  private final DropletConverter converter;
  private final LateConversions late;
  private final Cache<Made, Image> images =
      Caffeine.newBuilder()
          .maximumWeight(IN_MEMORY)
          .weigher((Made made, Image image) -> image.weight())
          .build();

  /** All that an image is made of. */
  private record Made(DropletId id, DropletRecord droplet, RootfsVersion rootfs) {}

  /**
   * What conversion needs.
   *
   * @param layers what the layers are to be like
   * @param scratch where layers are put while they are made
   * @param conversions runs conversions; a thread for each, which mostly waits for its client
   * @param helpers runs a second thread for each; unbounded
   */
  public record Conversion(
      DropletLayers.Settings layers, Path scratch, Executor conversions, Executor helpers) {}

  public DropletImages(
      Vertx vertx,
      Blobstore droplets,
      Blobstore store,
      Tombstones tombstones,
      RootfsCatalog catalog,
      String defaultStack,
      Conversion conversion,
      MeterRegistry metrics) {
    this.catalog = catalog;
    this.defaultStack = defaultStack;
    this.records = new DropletRecords(vertx, store, tombstones, metrics);
    this.layers = new Layers(vertx, store, tombstones, conversion.helpers);
    var layersOf = new DropletLayers(conversion.layers, conversion.scratch, conversion.helpers);
    this.converter =
        new DropletConverter(
            vertx, layersOf, layers, records, conversion.conversions, conversion.helpers, metrics);
    this.late = new LateConversions(vertx, droplets, store, converter, records, Clock.systemUTC());
  }

  /** What sees the droplets as they are uploaded. */
  public DropletIntake intake() {
    return converter;
  }

  /** What is known of a droplet. */
  public Future<Optional<DropletRecord>> record(DropletId id) {
    return records.find(id);
  }

  /** The image that a tag of the repository {@code guid} names now; empty if there is none. */
  public Future<Optional<Image>> byTag(String guid, Tag tag) {
    var candidates = new ArrayList<Candidate>();
    for (var version : catalog.versions()) {
      var pin = version.id().pin();
      if (tag.value().endsWith(pin) && tag.value().length() > pin.length()) {
        var hash = tag.value().substring(0, tag.value().length() - pin.length());
        candidates.add(new Candidate(hash, Optional.of(version)));
      }
    }
    candidates.add(new Candidate(tag.value(), catalog.active(defaultStack)));
    return firstOf(guid, candidates, 0);
  }

  /**
   * One way to read a tag: as the hash alone, or as a hash and the version that it is followed by.
   */
  private record Candidate(String hash, Optional<RootfsVersion> rootfs) {}

  private Future<Optional<Image>> firstOf(String guid, List<Candidate> candidates, int index) {
    if (index == candidates.size()) {
      return Future.succeededFuture(Optional.empty());
    }
    var candidate = candidates.get(index);
    if (!isDroplet(guid, candidate.hash)) {
      return firstOf(guid, candidates, index + 1);
    }
    var id = new DropletId(guid, candidate.hash);
    return recordOf(id)
        .compose(found -> {
          if (found.isEmpty()) {
            return firstOf(guid, candidates, index + 1);
          }
          var droplet = suitable(id, found.get());
          var rootfs = candidate.rootfs.orElseThrow(() -> new NoActiveRootfs(defaultStack));
          return Future.succeededFuture(Optional.of(image(id, droplet, rootfs)));
        });
  }

  private Future<Optional<DropletRecord>> recordOf(DropletId id) {
    return records
        .find(id)
        .compose(found -> found.isPresent() ? Future.succeededFuture(found) : late.record(id));
  }

  private static boolean isDroplet(String guid, String hash) {
    return BlobKey.isWellFormed(guid + "/" + hash);
  }

  private static DropletRecord suitable(DropletId id, DropletRecord droplet) {
    droplet
        .unsuitable()
        .ifPresent(reason -> {
          throw new NoImage("no image can be made of the droplet " + id + ": " + reason);
        });
    return droplet;
  }

  private Image image(DropletId id, DropletRecord droplet, RootfsVersion rootfs) {
    return images.get(
        new Made(id, droplet, rootfs), made -> Image.of(made.id, made.droplet, made.rootfs));
  }

  /** The image in the repository {@code guid} whose manifest, of either kind, has this digest. */
  public Future<Optional<Image>> byDigest(String guid, Digest digest) {
    return imagesOf(guid)
        .map(all -> all.filter(image -> image.manifest(digest).isPresent()).findFirst());
  }

  /** The blob of that digest, if an image of the repository {@code guid} has it. */
  public Future<Optional<ImageBlob>> blob(String guid, Digest digest) {
    return imagesOf(guid).map(all -> all.flatMap(image -> image.blob(digest).stream()).findFirst());
  }

  /**
   * Every image of a repository: its droplets on every version there is. Made only as far as the
   * stream is read.
   */
  private Future<Stream<Image>> imagesOf(String guid) {
    return suitableDroplets(guid)
        .map(droplets ->
            droplets.stream()
                .flatMap(droplet ->
                    catalog.versions().stream()
                        .map(version -> image(droplet.id, droplet.record, version))));
  }

  private record Known(DropletId id, DropletRecord record) {}

  private Future<List<Known>> suitableDroplets(String guid) {
    return records
        .ofGuid(guid)
        .compose(ids ->
            Future.all(
                ids.stream()
                    .map(id -> records.find(id).map(found -> found.map(r -> new Known(id, r))))
                    .toList()))
        .map(all ->
            all.<Optional<Known>>list().stream()
                .flatMap(Optional::stream)
                .filter(known -> known.record.isSuitable())
                .toList());
  }

  /**
   * The tags of the repository {@code guid}, in the order of their bytes; empty if there is no such
   * repository.
   */
  public Future<List<String>> tags(String guid) {
    return records
        .ofGuid(guid)
        .map(ids -> {
          var tags = new TreeSet<String>();
          for (var id : ids) {
            tags.add(id.hash());
            for (var version : catalog.versions()) {
              if (version.removed().isEmpty()) {
                tags.add(id.hash() + version.id().pin());
              }
            }
          }
          return tags.stream().filter(Tag::isWellFormed).toList();
        });
  }

  /**
   * Where a client reads a blob itself; empty if only we have it as the client wants it. Whether
   * the store still has what the records say is not looked at.
   */
  public Future<Optional<URI>> url(ImageBlob blob) {
    return switch (blob) {
      case ImageBlob.Stored(var layer) -> layers.url(layer, URL_VALID);
      case ImageBlob.Config _, ImageBlob.Uncompressed _ -> Future.succeededFuture(Optional.empty());
    };
  }

  /** The bytes of a blob. */
  public Future<Content> open(ImageBlob blob, ByteRange range) {
    return switch (blob) {
      case ImageBlob.Config(var bytes) -> Future.succeededFuture(Content.of(bytes, range));
      case ImageBlob.Stored(var layer) -> layers.open(layer, range);
      case ImageBlob.Uncompressed(var layer) -> layers.openUncompressed(layer, range);
    };
  }
}
