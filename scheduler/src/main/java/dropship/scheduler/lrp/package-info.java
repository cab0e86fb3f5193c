/**
 * What Cloud Foundry wants to run, without Kubernetes: long-running processes, tasks, and what
 * becomes of them. Uses nothing of the rest.
 */
@NullMarked
package dropship.scheduler.lrp;

import org.jspecify.annotations.NullMarked;
