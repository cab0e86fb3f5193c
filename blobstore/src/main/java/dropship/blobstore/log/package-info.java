/**
 * Logs: for people on a terminal, for machines everywhere else, and with the id of the request that
 * a line is about. Uses nothing of the rest.
 */
@NullMarked
package dropship.blobstore.log;

import org.jspecify.annotations.NullMarked;
