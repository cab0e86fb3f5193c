package dropship.registry.image;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dropship.blobstore.resource.DropletId;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.BlobNotFound;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.JsonBlobs;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The droplet records in the store, and those of them that memory holds. */
final class DropletRecords {
  private static final int IN_MEMORY = 50_000;

  private final Vertx vertx;
  private final Blobstore store;
  private final JsonBlobs blobs;
  private final Counter reads;
  private final AsyncCache<DropletId, @Nullable DropletRecord> records =
      Caffeine.newBuilder().maximumSize(IN_MEMORY).buildAsync();
  private final AsyncCache<String, @Nullable List<DropletId>> ofGuid =
      Caffeine.newBuilder().maximumSize(IN_MEMORY).buildAsync();

  DropletRecords(Vertx vertx, Blobstore store, MeterRegistry metrics) {
    this.vertx = vertx;
    this.store = store;
    this.blobs = new JsonBlobs(vertx, store);
    this.reads =
        Counter.builder("dropship.record.reads")
            .description("Droplet records read from the store")
            .register(metrics);
  }

  /** The record of a droplet, if it has one. However many ask at once, the store is asked once. */
  Future<Optional<DropletRecord>> find(DropletId id) {
    return here(records.get(id, (key, executor) -> load(key))).map(Optional::ofNullable);
  }

  /** Absence is null here: that is what the cache does not keep. */
  private CompletableFuture<@Nullable DropletRecord> load(DropletId id) {
    reads.increment();
    return blobs
        .read(DropletRecord.keyOf(id), DropletRecord.class)
        .recover(failure ->
            failure instanceof BlobNotFound
                ? Future.succeededFuture()
                : Future.failedFuture(failure))
        .toCompletionStage()
        .<@Nullable DropletRecord>thenApply(record -> record)
        .toCompletableFuture();
  }

  /** The droplets of a guid that have records. */
  Future<List<DropletId>> ofGuid(String guid) {
    return here(ofGuid.get(guid, (key, executor) -> loadList(key)))
        .map(found -> found == null ? List.of() : found);
  }

  /** An empty list is null here: a droplet may come by another way than through us. */
  private CompletableFuture<@Nullable List<DropletId>> loadList(String guid) {
    return list(guid)
        .toCompletionStage()
        .<@Nullable List<DropletId>>thenApply(found -> found.isEmpty() ? null : found)
        .toCompletableFuture();
  }

  /**
   * Who asks goes on where they asked, not where the answer was fetched for whoever asked first.
   */
  private <T extends @Nullable Object> Future<T> here(CompletableFuture<T> answer) {
    return Future.fromCompletionStage(answer, vertx.getOrCreateContext());
  }

  private Future<List<DropletId>> list(String guid) {
    return BlobKey.isWellFormed(guid)
        ? blobs
            .below(DropletRecord.ALL.child(guid))
            .map(listed -> listed.stream().map(each -> DropletRecord.idOf(each.key())).toList())
        : Future.succeededFuture(List.of());
  }

  /**
   * Remembers a droplet. A record of the same bytes stands as it is, so that the image stays the
   * same whatever has been configured since; unless it said that there can be none.
   */
  Future<Void> put(DropletId id, DropletRecord record) {
    return find(id)
        .compose(found ->
            found
                    .filter(before -> before.sha256().equals(record.sha256()))
                    .filter(DropletRecord::isSuitable)
                    .isPresent()
                ? Future.succeededFuture()
                : blobs.put(DropletRecord.keyOf(id), record, Condition.ALWAYS))
        .<Void>mapEmpty()
        .onComplete(stored -> forget(id));
  }

  Future<Void> delete(DropletId id) {
    return store.delete(DropletRecord.keyOf(id)).onComplete(deleted -> forget(id));
  }

  private void forget(DropletId id) {
    records.synchronous().invalidate(id);
    ofGuid.synchronous().invalidate(id.guid());
  }
}
