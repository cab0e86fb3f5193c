package dropship.scheduler.kubernetes;

import dropship.scheduler.image.PinnedImage;
import java.util.Optional;

/**
 * What a container runs.
 *
 * @param pinned what it is made of, if it is one of our own
 */
record AppImage(String reference, Optional<PinnedImage> pinned) {}
