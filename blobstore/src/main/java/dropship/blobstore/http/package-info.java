/**
 * How content goes out over HTTP: ranges, validators, zero copy. What the registry and the bits API
 * have in common. May use {@code content}.
 */
@NullMarked
package dropship.blobstore.http;

import org.jspecify.annotations.NullMarked;
