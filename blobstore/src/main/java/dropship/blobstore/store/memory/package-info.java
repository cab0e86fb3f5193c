/**
 * A blobstore in memory: for tests, and for trying things out. May use {@code store} and {@code
 * content}.
 */
@NullMarked
package dropship.blobstore.store.memory;

import org.jspecify.annotations.NullMarked;
