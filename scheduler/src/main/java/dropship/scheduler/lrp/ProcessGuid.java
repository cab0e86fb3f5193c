package dropship.scheduler.lrp;

import java.util.regex.Pattern;

/**
 * Names one version of a process: a guid, and a version that Cloud Controller changes with every
 * start. Two versions of one guid are two LRPs, which may run beside each other.
 */
public record ProcessGuid(String guid, String version) {
  /** What may be the value of a label in Kubernetes, where both are kept. */
  private static final Pattern WELL_FORMED =
      Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?");

  private static final int GUID_LENGTH = 36;

  public ProcessGuid {
    for (var part : new String[] {guid, version}) {
      if (!WELL_FORMED.matcher(part).matches()) {
        throw new IllegalArgumentException(
            "'%s' is no guid and no version: expected 1 to 63 of A-Z a-z 0-9 - _ ."
                .formatted(part));
      }
    }
  }

  /**
   * Takes {@code <guid>-<version>} apart by position, as Cloud Controller does: both have dashes.
   *
   * @throws IllegalArgumentException for what is too short to have both
   */
  public static ProcessGuid of(String text) {
    if (text.length() <= GUID_LENGTH + 1 || text.charAt(GUID_LENGTH) != '-') {
      throw new IllegalArgumentException(
          "'%s' is no process guid: expected a guid of 36 characters, - and a version"
              .formatted(text));
    }
    return new ProcessGuid(text.substring(0, GUID_LENGTH), text.substring(GUID_LENGTH + 1));
  }

  /** As Cloud Controller writes it. */
  @Override
  public String toString() {
    return guid + "-" + version;
  }
}
