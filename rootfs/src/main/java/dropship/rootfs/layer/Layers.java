package dropship.rootfs.layer;

import dropship.blobstore.content.Blocking;
import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.InputReadStream;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.PreconditionFailed;
import dropship.blobstore.store.Tombstones;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import org.apache.commons.io.input.BoundedInputStream;

/** The layers in the store, of root file systems and droplets alike. */
public final class Layers {
  /** Below which all layers are kept. */
  public static final BlobKey ALL = new BlobKey("layers");

  private final Vertx vertx;
  private final Blobstore store;
  private final Tombstones tombstones;
  private final Executor executor;

  /**
   * Keeps layers in {@code store}.
   *
   * @param tombstones of layers that nothing refers to
   * @param executor decompresses what lies before a range
   */
  public Layers(Vertx vertx, Blobstore store, Tombstones tombstones, Executor executor) {
    this.vertx = vertx;
    this.store = store;
    this.tombstones = tombstones;
    this.executor = executor;
  }

  /**
   * Keeps layers, whose bytes are in files. A layer that is kept already stays as it is, and is
   * spared.
   *
   * @return since when: see {@link Tombstones#checkSpared}
   */
  public Future<Instant> putAll(Map<Layer, Path> files) {
    var since = tombstones.now();
    return Future.all(
            files.entrySet().stream().map(each -> put(each.getKey(), each.getValue())).toList())
        .map(kept -> since);
  }

  private Future<Void> put(Layer layer, Path file) {
    return tombstones
        .spare(layer.key())
        .compose(spared -> store.stat(layer.key()))
        .compose(found ->
            found.isPresent()
                ? Future.succeededFuture()
                : Blocking.<Content>call(vertx, () -> Content.ofFile(file, ByteRange.ALL))
                    .compose(content -> store.put(layer.key(), content, Condition.IF_ABSENT))
                    .<Void>mapEmpty()
                    // Another has kept it meanwhile.
                    .recover(PreconditionFailed.then(Future::succeededFuture)));
  }

  /** The bytes as stored. */
  public Future<Content> open(Layer layer, ByteRange range) {
    return store.open(layer.key(), range);
  }

  /**
   * Where whoever has this URL reads a layer itself; empty if only we can. See {@link
   * Blobstore#url}.
   */
  public Future<Optional<URI>> url(Layer layer, Duration validFor) {
    return store.url(layer.key(), validFor);
  }

  /**
   * The uncompressed tar, decompressed while it is read; a range costs what comes before it as
   * well.
   */
  public Future<Content> openUncompressed(Layer layer, ByteRange range) {
    return store
        .open(layer.key(), ByteRange.ALL)
        .compose(content ->
            Blocking.call(
                vertx,
                executor,
                () -> decompressed(content, layer, range.within(layer.uncompressedSize()))));
  }

  private Content decompressed(Content content, Layer layer, ByteRange range) throws IOException {
    InputStream tar = null;
    try {
      tar = layer.compression().decompress(content.input(vertx));
      tar.skipNBytes(range.offset());
    } catch (IOException e) {
      if (tar != null) {
        tar.close();
      }
      content.close();
      throw e;
    }
    var part = BoundedInputStream.builder().setInputStream(tar).setMaxCount(range.length()).get();
    return Content.of(new InputReadStream(vertx, part), OptionalLong.of(range.length()));
  }
}
