package dropship.blobstore.resource;

/**
 * What has been stored.
 *
 * @param size in bytes
 * @param sha1 of the bytes, in hex
 * @param sha256 of the bytes, in hex
 */
public record Receipt(long size, String sha1, String sha256) {}
