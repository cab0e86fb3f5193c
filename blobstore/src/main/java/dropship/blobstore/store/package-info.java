/**
 * Keeps bytes under keys. {@link dropship.blobstore.store.Blobstore} is the contract; one package
 * per backend implements it. May use {@code content}.
 */
@NullMarked
package dropship.blobstore.store;

import org.jspecify.annotations.NullMarked;
