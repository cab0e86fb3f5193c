/**
 * URLs that expire (bits-service, "Signed URLs"): who has one may do one thing with one resource
 * for an hour. Knows neither HTTP nor anything of ours.
 */
@NullMarked
package dropship.blobstore.signing;

import org.jspecify.annotations.NullMarked;
