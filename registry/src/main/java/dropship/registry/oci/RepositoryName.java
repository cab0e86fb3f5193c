package dropship.registry.oci;

import java.util.regex.Pattern;

/** A repository's name, {@code cloudfoundry/1b2c…} (distribution-spec, "Pulling manifests"). */
public record RepositoryName(String value) {
  private static final String COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*+";
  private static final Pattern WELL_FORMED =
      Pattern.compile(COMPONENT + "(?:/" + COMPONENT + ")*+");
  private static final int MAXIMUM_LENGTH = 255;

  public RepositoryName {
    if (value.length() > MAXIMUM_LENGTH || !WELL_FORMED.matcher(value).matches()) {
      throw OciError.NAME_INVALID.because(
          "not a repository: '"
              + value
              + "', expected lower-case letters and digits, separated by . _ - and /");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
