/**
 * The rules of each kind of thing the Cloud Controller keeps: its keys, its limits, and who wants
 * the bytes as they stream in. Knows no HTTP. May use {@code store} and {@code content}.
 */
@NullMarked
package dropship.blobstore.resource;

import org.jspecify.annotations.NullMarked;
