/**
 * The server: {@link dropship.registry.Main} is the one place that sees everything. It reads the
 * configuration, wires by hand, listens, and drains on shutdown.
 */
@NullMarked
package dropship.registry;

import org.jspecify.annotations.NullMarked;
