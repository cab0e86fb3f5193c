/**
 * The OPI HTTP API, by which Cloud Controller has LRPs and tasks run: routes, and JSON turned into
 * the domain and back. Uses {@code lrp}.
 */
@NullMarked
package dropship.scheduler.opi;

import org.jspecify.annotations.NullMarked;
