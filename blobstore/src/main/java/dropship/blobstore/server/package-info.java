/**
 * Listeners, TLS, users, health and the access log: what every surface has, whatever it serves.
 * Uses only {@code settings}, {@code content} and {@code log}.
 */
@NullMarked
package dropship.blobstore.server;

import org.jspecify.annotations.NullMarked;
