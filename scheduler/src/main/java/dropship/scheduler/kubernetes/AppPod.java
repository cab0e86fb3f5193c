package dropship.scheduler.kubernetes;

import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.LocalObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import java.util.List;

/** What the pods of apps, of tasks and of our own have in common: what none of them may do. */
final class AppPod {
  private AppPod() {}

  /** Fits what Kubernetes calls restricted (Pod Security Standards). */
  static PodSpecBuilder hardened(List<String> pullSecrets) {
    return new PodSpecBuilder()
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withImagePullSecrets(pullSecrets.stream().map(AppPod::reference).toList())
        .withSecurityContext(security());
  }

  private static LocalObjectReference reference(String name) {
    return new LocalObjectReferenceBuilder().withName(name).build();
  }

  private static PodSecurityContext security() {
    return new PodSecurityContextBuilder()
        .withRunAsNonRoot(true)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .build();
  }
}
