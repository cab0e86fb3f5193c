/**
 * A blobstore in a bucket of S3, or of what speaks its protocol. {@link
 * dropship.blobstore.store.s3.S3Connection} is shared by all buckets of one account. May use {@code
 * store} and {@code content}; nothing else sees the SDK.
 */
@NullMarked
package dropship.blobstore.store.s3;

import org.jspecify.annotations.NullMarked;
