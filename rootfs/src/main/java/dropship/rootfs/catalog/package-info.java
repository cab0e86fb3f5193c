/**
 * Which versions of which stack exist and which is active: import, list, activate, remove. May use
 * {@code lifecycle} and {@code layer}.
 */
@NullMarked
package dropship.rootfs.catalog;

import org.jspecify.annotations.NullMarked;
