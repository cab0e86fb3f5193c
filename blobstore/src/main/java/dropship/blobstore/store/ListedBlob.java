package dropship.blobstore.store;

/** A blob as a list names it: with what {@link Blobstore#stat} would say of it. */
public record ListedBlob(BlobKey key, StoredBlob blob) {}
