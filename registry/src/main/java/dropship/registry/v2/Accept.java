package dropship.registry.v2;

import dropship.registry.oci.MediaTypes;
import java.util.List;

/**
 * What kinds of manifest a client takes, by its Accept headers: several of them, lists, weights and
 * wildcards all occur. Who says nothing takes everything, and nobody is refused.
 */
final class Accept {
  private Accept() {}

  /** Whether Docker's type is the only one a client knows, of those we have. */
  static boolean onlyDocker(List<String> headers) {
    var types =
        headers.stream()
            .flatMap(header -> List.of(header.split(",")).stream())
            .map(type -> type.split(";", 2)[0].strip())
            .toList();
    return types.contains(MediaTypes.DOCKER_MANIFEST) && types.stream().noneMatch(Accept::takesOci);
  }

  private static boolean takesOci(String type) {
    return type.equals(MediaTypes.OCI_MANIFEST)
        || type.equals("*/*")
        || type.equals("application/*");
  }
}
