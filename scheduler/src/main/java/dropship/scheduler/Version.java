package dropship.scheduler;

import java.util.Optional;

/** Which Dropship this is. */
final class Version {
  /** From the jar's manifest; classes that are run from a directory have none. */
  static final String TEXT =
      Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
          .orElse("development");

  private Version() {}
}
