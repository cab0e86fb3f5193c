package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dropship.scheduler.lrp.Lifecycle.Login;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

/** Secrets that kubelets log in to registries with. */
final class PullSecrets {
  static final String TYPE = "kubernetes.io/dockerconfigjson";

  private static final String KEY = ".dockerconfigjson";
  private static final String DOCKER_HUB = "https://index.docker.io/v1/";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private PullSecrets() {}

  /** For the registry that an image's name begins with; Docker Hub's if it names none. */
  static Secret forImage(String name, String namespace, String image, Login login) {
    return forRegistry(name, namespace, registryOf(image), login);
  }

  static Secret forRegistry(String name, String namespace, String registry, Login login) {
    var both = login.user() + ":" + login.password();
    var auth = Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
    // In one order, as what is written anew each time would be news to all who read it.
    var config =
        Map.of(
            "auths",
            Map.of(
                registry,
                new TreeMap<>(
                    Map.of("username", login.user(), "password", login.password(), "auth", auth))));
    return new SecretBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace)
        .addToLabels(Labels.MANAGED_BY, Labels.DROPSHIP)
        .endMetadata()
        .withType(TYPE)
        .addToStringData(KEY, JSON.valueToTree(config).toString())
        .build();
  }

  /** The part before the first slash, if it looks like a host (as Docker reads references). */
  private static String registryOf(String image) {
    int slash = image.indexOf('/');
    var first = slash < 0 ? "" : image.substring(0, slash);
    boolean host = first.contains(".") || first.contains(":") || first.equals("localhost");
    return !host || first.equals("docker.io") ? DOCKER_HUB : first;
  }
}
