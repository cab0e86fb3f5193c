package dropship.blobstore.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Keeps Java records as small JSON blobs. Fields that a record does not know are skipped: a newer
 * version may have written them.
 */
public final class JsonBlobs {
  private static final int LIMIT = 4 * 1024 * 1024;
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private final Vertx vertx;
  private final Blobstore store;

  public JsonBlobs(Vertx vertx, Blobstore store) {
    this.vertx = vertx;
    this.store = store;
  }

  /** A record and the version of the blob it was read from. */
  public record Versioned<T>(T value, String etag) {}

  /** Fails with {@link BlobNotFound}. */
  public <T> Future<T> read(BlobKey key, Class<T> type) {
    return store
        .open(key, ByteRange.ALL)
        .compose(content -> content.toBuffer(vertx, LIMIT))
        .map(bytes -> parse(key, bytes, type));
  }

  /** As {@link #read}, but absence is an answer. */
  public <T> Future<Optional<T>> find(BlobKey key, Class<T> type) {
    return read(key, type)
        .map(Optional::of)
        .recover(failure ->
            failure instanceof BlobNotFound
                ? Future.succeededFuture(Optional.empty())
                : Future.failedFuture(failure));
  }

  /** As {@link #find}, with the version, for a later put on condition that it is still the same. */
  public <T> Future<Optional<Versioned<T>>> readVersioned(BlobKey key, Class<T> type) {
    return store
        .stat(key)
        .compose(found ->
            found.isEmpty()
                ? Future.succeededFuture(Optional.empty())
                : find(key, type)
                    .map(value -> value.map(it -> new Versioned<>(it, found.get().etag()))));
  }

  private static <T> T parse(BlobKey key, Buffer bytes, Class<T> type) {
    try {
      return MAPPER.readValue(bytes.getBytes(), type);
    } catch (IOException e) {
      throw new IllegalStateException(
          "reading '%s': not a %s: %s".formatted(key, type.getSimpleName(), e.getMessage()), e);
    }
  }

  public Future<StoredBlob> put(BlobKey key, Object value, Condition condition) {
    try {
      return store.put(key, Content.of(Buffer.buffer(MAPPER.writeValueAsBytes(value))), condition);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("writing '" + key + "' as JSON", e);
    }
  }

  /** All blobs below {@code prefix}, page by page. */
  public Future<List<ListedBlob>> below(BlobKey prefix) {
    return below(prefix, new ArrayList<>());
  }

  private Future<List<ListedBlob>> below(BlobKey prefix, List<ListedBlob> all) {
    var last = all.isEmpty() ? Optional.<BlobKey>empty() : Optional.of(all.getLast().key());
    return store
        .list(prefix, last)
        .compose(page -> {
          all.addAll(page);
          return page.size() < Blobstore.PAGE
              ? Future.succeededFuture(List.copyOf(all))
              : below(prefix, all);
        });
  }
}
