/**
 * The bits-service API over HTTP: what an unmodified Cloud Controller speaks. May use {@code
 * resource}, {@code signing}, {@code http} and what those use.
 */
@NullMarked
package dropship.blobstore.bits;

import org.jspecify.annotations.NullMarked;
