/**
 * Keeps blobs of a store that is far away on a local disk. May use {@code store} and {@code
 * content}.
 */
@NullMarked
package dropship.blobstore.store.cache;

import org.jspecify.annotations.NullMarked;
