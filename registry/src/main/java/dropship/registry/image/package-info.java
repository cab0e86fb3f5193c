/**
 * Droplet to layers to manifest: what happens once, while a droplet is uploaded, and the pure
 * function that makes an image of the result. May use {@code oci}, the root file systems and the
 * blobstore.
 */
@NullMarked
package dropship.registry.image;

import org.jspecify.annotations.NullMarked;
