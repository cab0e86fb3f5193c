/**
 * Listeners, TLS, users and health: what every surface has, whatever it serves. Uses only {@code
 * blobstore.settings}.
 */
@NullMarked
package dropship.registry.server;

import org.jspecify.annotations.NullMarked;
