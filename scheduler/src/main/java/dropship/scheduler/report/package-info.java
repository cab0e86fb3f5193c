/**
 * What becomes of apps and tasks, told back to Cloud Foundry: crashes, and results of tasks. May
 * use {@code kubernetes} and {@code peer}.
 */
@NullMarked
package dropship.scheduler.report;

import org.jspecify.annotations.NullMarked;
