/**
 * Reads configuration keys and collects every problem with them, so that all are reported at once.
 * Uses nothing else of Dropship.
 */
@NullMarked
package dropship.blobstore.settings;

import org.jspecify.annotations.NullMarked;
