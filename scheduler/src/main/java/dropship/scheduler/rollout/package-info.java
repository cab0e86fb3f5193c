/**
 * Moves running LRPs to the active root file system, a few at a time, and stops when they do not
 * come up. May use {@code kubernetes} and {@code image}. What is decided is a function of what the
 * cluster says; nothing is remembered.
 */
@NullMarked
package dropship.scheduler.rollout;

import org.jspecify.annotations.NullMarked;
