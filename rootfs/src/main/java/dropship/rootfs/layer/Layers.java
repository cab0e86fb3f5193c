package dropship.rootfs.layer;

import dropship.blobstore.content.Blocking;
import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.InputReadStream;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.PreconditionFailed;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import org.apache.commons.io.input.BoundedInputStream;

/** The layers in the store, of root file systems and droplets alike. */
public final class Layers {
  private final Vertx vertx;
  private final Blobstore store;
  private final Executor executor;

  /**
   * Keeps layers in {@code store}.
   *
   * @param executor decompresses what lies before a range
   */
  public Layers(Vertx vertx, Blobstore store, Executor executor) {
    this.vertx = vertx;
    this.store = store;
    this.executor = executor;
  }

  /**
   * Keeps {@code layer}, whose bytes are in {@code file}. A layer that is kept already stays as it
   * is.
   */
  public Future<Void> put(Layer layer, Path file) {
    return store
        .stat(layer.key())
        .compose(found ->
            found.isPresent()
                ? Future.succeededFuture()
                : Blocking.<Content>call(vertx, () -> Content.ofFile(file, ByteRange.ALL))
                    .compose(content -> store.put(layer.key(), content, Condition.IF_ABSENT))
                    .recover(Layers::keptByAnother)
                    .mapEmpty());
  }

  private static <T> Future<T> keptByAnother(Throwable failure) {
    return failure instanceof PreconditionFailed
        ? Future.succeededFuture()
        : Future.failedFuture(failure);
  }

  /** The bytes as stored. */
  public Future<Content> open(Layer layer, ByteRange range) {
    return store.open(layer.key(), range);
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
