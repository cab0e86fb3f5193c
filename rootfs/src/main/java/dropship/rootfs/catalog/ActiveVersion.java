package dropship.rootfs.catalog;

import java.time.Instant;
import java.util.Optional;

/**
 * Which version of a stack new images are made with; kept as one small object that is replaced at
 * once.
 *
 * @param previous the version before, for going back
 */
public record ActiveVersion(String version, Optional<String> previous, Instant since) {}
