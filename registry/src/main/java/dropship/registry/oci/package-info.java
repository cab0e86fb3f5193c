/**
 * The OCI specifications as values: names, references, manifests, errors. Uses only {@code
 * blobstore.content}.
 */
@NullMarked
package dropship.registry.oci;

import org.jspecify.annotations.NullMarked;
