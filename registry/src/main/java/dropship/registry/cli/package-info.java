/**
 * The commands that talk to a server, each one class; they know nothing but its HTTP API. May use
 * {@code oci}.
 */
@NullMarked
package dropship.registry.cli;

import org.jspecify.annotations.NullMarked;
