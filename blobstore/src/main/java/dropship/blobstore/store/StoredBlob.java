package dropship.blobstore.store;

/**
 * What a store knows of a blob.
 *
 * @param size in bytes
 * @param etag changes whenever the bytes are replaced; without quotes, otherwise opaque
 */
public record StoredBlob(long size, String etag) {}
