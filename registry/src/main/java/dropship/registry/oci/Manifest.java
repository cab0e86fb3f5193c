package dropship.registry.oci;

import dropship.blobstore.content.Digest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * An image manifest as it is sent. Its bytes are its identity: made once, never re-encoded.
 *
 * @param digest of {@code bytes}
 */
public record Manifest(String mediaType, Digest digest, Buffer bytes) {
  /** The manifest of an image (image-spec, "Image Manifest"; Docker's has the same fields). */
  public static Manifest of(String mediaType, Descriptor config, List<Descriptor> layers) {
    var json =
        new JsonObject()
            .put("schemaVersion", 2)
            .put("mediaType", mediaType)
            .put("config", config.toJson())
            .put("layers", new JsonArray(layers.stream().map(Descriptor::toJson).toList()));
    var bytes = json.toBuffer();
    return new Manifest(mediaType, Digest.of(bytes.getBytes()), bytes);
  }
}
