/**
 * From a droplet and a root file system to a digest: what the registry knows. Uses {@code peer}.
 */
@NullMarked
package dropship.scheduler.image;

import org.jspecify.annotations.NullMarked;
