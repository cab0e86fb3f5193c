/** Other servers that are spoken to over HTTP. Uses nothing of the rest. */
@NullMarked
package dropship.scheduler.peer;

import org.jspecify.annotations.NullMarked;
