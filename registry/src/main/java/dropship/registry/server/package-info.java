/**
 * Listeners, TLS, users, health and the access log: what every surface has, whatever it serves.
 * Uses only {@code blobstore.settings} and {@code registry.log}.
 */
@NullMarked
package dropship.registry.server;

import org.jspecify.annotations.NullMarked;
