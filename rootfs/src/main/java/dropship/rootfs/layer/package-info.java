/**
 * Filesystem layers as they are kept: compressed, hashed twice, stored under their digest. May use
 * the blobstore.
 */
@NullMarked
package dropship.rootfs.layer;

import org.jspecify.annotations.NullMarked;
