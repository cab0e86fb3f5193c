/** A blobstore in a directory of a local disk. May use {@code store} and {@code content}. */
@NullMarked
package dropship.blobstore.store.local;

import org.jspecify.annotations.NullMarked;
