/**
 * The layer between root file system and droplet: {@code /lifecycle/launch} and {@code /home/vcap}.
 * The script is a resource beside the class. May use {@code layer}.
 */
@NullMarked
package dropship.rootfs.lifecycle;

import org.jspecify.annotations.NullMarked;
