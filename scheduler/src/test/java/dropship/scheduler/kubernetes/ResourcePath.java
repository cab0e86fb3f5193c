package dropship.scheduler.kubernetes;

import java.util.Arrays;
import java.util.Optional;

/**
 * What a path of Kubernetes' API names.
 *
 * @param collection group, version and plural, the same for all namespaces: {@code
 *     /apis/apps/v1/statefulsets}
 * @param namespace empty for what has none, and for all namespaces
 * @param name empty for all
 */
record ResourcePath(
    String collection, String namespace, String resource, String name, String subresource) {

  static ResourcePath of(String group, String resource, String namespace, String name) {
    return new ResourcePath(group + "/" + resource, namespace, resource, name, "");
  }

  static Optional<ResourcePath> of(String path) {
    var parts = path.substring(1).split("/");
    int after = parts[0].equals("api") ? 2 : parts[0].equals("apis") ? 3 : Integer.MAX_VALUE;
    if (parts.length <= after) {
      return Optional.empty();
    }
    var group = "/" + String.join("/", Arrays.copyOf(parts, after));
    var rest = Arrays.copyOfRange(parts, after, parts.length);
    if (rest[0].equals("namespaces") && rest.length > 2) {
      return Optional.of(
          new ResourcePath(group + "/" + rest[2], rest[1], rest[2], part(rest, 3), part(rest, 4)));
    }
    return Optional.of(
        new ResourcePath(group + "/" + rest[0], "", rest[0], part(rest, 1), part(rest, 2)));
  }

  private static String part(String[] parts, int index) {
    return index < parts.length ? parts[index] : "";
  }

  ResourcePath named(String other) {
    return new ResourcePath(collection, namespace, resource, other, subresource);
  }

  /** Where it is among those of its collection, in the order that lists have. */
  String key() {
    return namespace + "/" + name;
  }
}
