package dropship.blobstore.settings;

import java.util.List;

/** A configuration that cannot be used. Names every problem there is, not only the first. */
public final class InvalidSettings extends RuntimeException {
  private final List<String> problems;

  InvalidSettings(String source, List<String> problems) {
    super(
        "%s has %d problem%s:\n  %s"
            .formatted(
                source,
                problems.size(),
                problems.size() == 1 ? "" : "s",
                String.join("\n  ", problems)));
    this.problems = List.copyOf(problems);
  }

  /** One line each: key, value, expectation. */
  public List<String> problems() {
    return problems;
  }
}
