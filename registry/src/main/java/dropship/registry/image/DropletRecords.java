package dropship.registry.image;

import dropship.blobstore.resource.DropletId;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.JsonBlobs;
import dropship.blobstore.store.JsonBlobs.Versioned;
import dropship.blobstore.store.PreconditionFailed;
import dropship.blobstore.store.StoredBlob;
import dropship.blobstore.store.Tombstones;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The droplet records in the store, and those of them that memory holds. Other servers of the same
 * store write them as well: what they do is seen within two seconds.
 */
final class DropletRecords {
  private final Blobstore store;
  private final JsonBlobs blobs;
  private final Tombstones tombstones;
  private final Counter reads;
  private final Recent<DropletId, Versioned<DropletRecord>> records;
  private final Recent<String, List<DropletId>> ofGuid;

  DropletRecords(Vertx vertx, Blobstore store, Tombstones tombstones, MeterRegistry metrics) {
    this.store = store;
    this.blobs = new JsonBlobs(vertx, store);
    this.tombstones = tombstones;
    this.records = new Recent<>(vertx, this::look);
    this.ofGuid = new Recent<>(vertx, (guid, before) -> list(guid));
    this.reads =
        Counter.builder("dropship.record.reads")
            .description("Droplet records read from the store")
            .register(metrics);
  }

  /** The record of a droplet, if it has one. */
  Future<Optional<DropletRecord>> find(DropletId id) {
    return records.get(id).map(found -> found.map(Versioned::value));
  }

  /** A record that is still of the version it was read in is not read again. */
  private Future<Optional<Versioned<DropletRecord>>> look(
      DropletId id, Optional<Versioned<DropletRecord>> before) {
    var key = DropletRecord.keyOf(id);
    return before.isEmpty()
        ? read(key)
        : store
            .stat(key)
            .compose(now ->
                now.map(StoredBlob::etag).equals(before.map(Versioned::etag))
                    ? Future.succeededFuture(before)
                    : read(key));
  }

  private Future<Optional<Versioned<DropletRecord>>> read(BlobKey key) {
    reads.increment();
    return blobs.readVersioned(key, DropletRecord.class);
  }

  /** The droplets of a guid that have records. */
  Future<List<DropletId>> ofGuid(String guid) {
    return ofGuid.get(guid).map(found -> found.orElse(List.of()));
  }

  private Future<Optional<List<DropletId>>> list(String guid) {
    return BlobKey.isWellFormed(guid)
        ? blobs
            .below(DropletRecord.ALL.child(guid))
            .map(listed -> listed.stream().map(each -> DropletRecord.idOf(each.key())).toList())
            .map(ids -> Optional.of(ids).filter(some -> !some.isEmpty()))
        : Future.succeededFuture(Optional.empty());
  }

  /**
   * Remembers a droplet. A record of the same bytes stands as it is, so that the image stays the
   * same whatever has been configured since; unless it said that there can be none.
   *
   * @param spared since when its layers have been spared; fails if that is too long ago for all of
   *     them to be there
   */
  Future<Void> put(DropletId id, DropletRecord record, Instant spared) {
    var key = DropletRecord.keyOf(id);
    return tombstones
        .spare(key)
        .compose(ours -> blobs.readVersioned(key, DropletRecord.class))
        .compose(found ->
            found.filter(before -> before.value().stands(record)).isPresent()
                ? Future.<Void>succeededFuture()
                : put(key, record, spared, found))
        // Another server was faster: look again at what it is now.
        .recover(PreconditionFailed.then(() -> put(id, record, spared)))
        .onComplete(stored -> forget(id));
  }

  private Future<Void> put(
      BlobKey key,
      DropletRecord record,
      Instant spared,
      Optional<Versioned<DropletRecord>> before) {
    tombstones.checkSpared(spared);
    var condition =
        before
            .<Condition>map(known -> new Condition.IfMatch(known.etag()))
            .orElse(Condition.IF_ABSENT);
    return blobs.put(key, record, condition).mapEmpty();
  }

  /** Remembers of {@code to} what is known of {@code from}, which has the same bytes. */
  Future<Void> copy(DropletId from, DropletId to) {
    var now = tombstones.now();
    return find(from)
        .compose(found ->
            found.isPresent()
                ? put(to, found.get(), now)
                : delete(to)); // what was there described other bytes
  }

  Future<Void> delete(DropletId id) {
    return store.delete(DropletRecord.keyOf(id)).onComplete(deleted -> forget(id));
  }

  private void forget(DropletId id) {
    records.forget(id);
    ofGuid.forget(id.guid());
  }
}
