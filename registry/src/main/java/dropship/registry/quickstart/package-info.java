/**
 * What a newcomer does not have yet: a certificate, passwords, a root file system, a droplet. Uses
 * nothing else of Dropship.
 */
@NullMarked
package dropship.registry.quickstart;

import org.jspecify.annotations.NullMarked;
