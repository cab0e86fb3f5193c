/**
 * Bytes on their way: {@link dropship.blobstore.content.Content}, the digests that name them, and
 * the streams that hash, tap or carry them between threads. Uses nothing else of Dropship.
 */
@NullMarked
package dropship.blobstore.content;

import org.jspecify.annotations.NullMarked;
