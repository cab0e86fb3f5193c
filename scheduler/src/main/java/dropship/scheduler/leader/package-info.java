/** Which of several replicas does what only one may do. Uses nothing of the rest. */
@NullMarked
package dropship.scheduler.leader;

import org.jspecify.annotations.NullMarked;
