/**
 * {@code /v2/}: the OCI distribution API over HTTP. May use {@code image}, {@code oci}, {@code
 * server} and {@code blobstore.http}.
 */
@NullMarked
package dropship.registry.v2;

import org.jspecify.annotations.NullMarked;
