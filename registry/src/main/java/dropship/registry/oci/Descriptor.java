package dropship.registry.oci;

import dropship.blobstore.content.Digest;
import io.vertx.core.json.JsonObject;

/**
 * Points to a blob: its type, its digest, its size in bytes (image-spec, "Content Descriptors").
 */
public record Descriptor(String mediaType, Digest digest, long size) {
  JsonObject toJson() {
    return new JsonObject()
        .put("mediaType", mediaType)
        .put("digest", digest.value())
        .put("size", size);
  }
}
