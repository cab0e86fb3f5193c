/**
 * LRPs and tasks as Kubernetes has them: StatefulSets and Jobs, what is around them, and a cache of
 * what the cluster says. May use {@code lrp} and {@code image}.
 */
@NullMarked
package dropship.scheduler.kubernetes;

import org.jspecify.annotations.NullMarked;
