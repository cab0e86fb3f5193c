/** The scheduler's process: its command, its configuration, and how its parts are wired. */
@NullMarked
package dropship.scheduler;

import org.jspecify.annotations.NullMarked;
