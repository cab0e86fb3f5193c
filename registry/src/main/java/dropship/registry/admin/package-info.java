/**
 * {@code /rootfs} and {@code /images} over HTTP, for operators. May use {@code image}, {@code
 * server} and {@code rootfs.catalog}.
 */
@NullMarked
package dropship.registry.admin;

import org.jspecify.annotations.NullMarked;
