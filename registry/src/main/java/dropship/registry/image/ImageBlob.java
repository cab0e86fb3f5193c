package dropship.registry.image;

import dropship.rootfs.layer.Layer;
import io.vertx.core.buffer.Buffer;

/** A blob of an image, by where its bytes come from. */
public sealed interface ImageBlob {
  /** In bytes. */
  long size();

  /** The image's configuration, made when it is asked for. */
  record Config(Buffer bytes) implements ImageBlob {
    @Override
    public long size() {
      return bytes.length();
    }
  }

  /** A layer as it is stored. */
  record Stored(Layer layer) implements ImageBlob {
    @Override
    public long size() {
      return layer.size();
    }
  }

  /** A layer's tar, for those who know no compression: decompressed while it is sent. */
  record Uncompressed(Layer layer) implements ImageBlob {
    @Override
    public long size() {
      return layer.uncompressedSize();
    }
  }
}
