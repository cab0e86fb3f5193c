package dropship.scheduler.kubernetes;

import dropship.scheduler.image.Registry;
import dropship.scheduler.lrp.DesiredLrp;
import dropship.scheduler.lrp.Instance;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.Lrp;
import dropship.scheduler.lrp.LrpUnknown;
import dropship.scheduler.lrp.LrpUpdate;
import dropship.scheduler.lrp.Lrps;
import dropship.scheduler.lrp.ProcessGuid;
import dropship.scheduler.lrp.SchedulingInfo;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * LRPs as StatefulSets. What is asked is answered from what has been watched; what is changed is
 * there to be asked for at once.
 */
public final class KubernetesLrps implements Lrps {
  private static final Logger LOG = LoggerFactory.getLogger(KubernetesLrps.class);

  private static final int ATTEMPTS = 3;

  private final KubernetesClient client;
  private final Cluster cluster;
  private final Namespaces namespaces;
  private final AppImages images;
  private final LrpSettings settings;
  private final Events events;

  public KubernetesLrps(
      KubernetesClient client,
      Cluster cluster,
      Namespaces namespaces,
      Registry registry,
      LrpSettings settings) {
    this.client = client;
    this.cluster = cluster;
    this.namespaces = namespaces;
    this.images = new AppImages(registry);
    this.settings = settings;
    this.events = new Events(client);
  }

  @Override
  public void desire(Lrp lrp) throws IOException {
    if (cluster.statefulSets().oneOf(lrp.id()).filter(each -> !each.isBeingDeleted()).isPresent()) {
      return;
    }
    var namespace = namespaces.nameFor(lrp.app());
    namespaces.ensure(namespace);
    try {
      create(lrp, namespace, images.of(lrp.lifecycle(), namespaces.labels(namespace)));
    } catch (IOException e) {
      if (e instanceof KubernetesFailure failure && failure.isNotFound()) {
        namespaces.forget(namespace);
      }
      events.warn(
          namespace, AppStatefulSet.nameOf(lrp), "DesireFailed", String.valueOf(e.getMessage()));
      throw e;
    }
  }

  /**
   * The StatefulSet comes last: an LRP that is there is not desired again, so what is missing then
   * would be missing for good.
   */
  private void create(Lrp lrp, String namespace, AppImage image) throws IOException {
    if (lrp.lifecycle() instanceof Lifecycle.Docker docker && docker.login().isPresent()) {
      var secret =
          PullSecrets.forImage(
              AppStatefulSet.loginSecretName(lrp), namespace, docker.image(), docker.login().get());
      attempt("keeping the login for the image of LRP " + lrp.id(), () -> replaced(secret));
    }
    var wanted = AppStatefulSet.of(lrp, namespace, image, settings);
    if (lrp.instances() > 1) {
      protect(wanted.getMetadata().getName(), namespace, lrp.id());
    }
    try {
      // The answer repeats all that was sent; of it, only what is watched is read.
      var answer =
          client.raw(
              "/apis/apps/v1/namespaces/%s/statefulsets".formatted(namespace), "POST", wanted);
      var kinds = client.getKubernetesSerialization();
      cluster.statefulSets().written(kinds.unmarshal(answer, WatchedStatefulSet.class));
    } catch (KubernetesClientException e) {
      if (KubernetesFailure.isRefusal(e)) {
        forgetWhatBelongsTo(wanted); // nobody will ever stop what has never been
      }
      if (!KubernetesFailure.isAlreadyThere(e)) {
        throw KubernetesFailure.of("desiring LRP " + lrp.id(), e);
      }
    }
    LOG.info(
        "desired LRP {} as {}/{} of {}",
        lrp.id(),
        namespace,
        wanted.getMetadata().getName(),
        image.reference());
  }

  private void forgetWhatBelongsTo(StatefulSet refused) {
    var name = refused.getMetadata().getName();
    var namespace = refused.getMetadata().getNamespace();
    try {
      budget(namespace, name).delete();
      loginSecret(namespace, name).delete();
    } catch (KubernetesClientException e) {
      LOG.warn("what belongs to {}/{} is left behind: {}", namespace, name, e.getMessage());
    }
  }

  private Resource<PodDisruptionBudget> budget(String namespace, String statefulSet) {
    return client.policy().v1().podDisruptionBudget().inNamespace(namespace).withName(statefulSet);
  }

  private Resource<Secret> loginSecret(String namespace, String statefulSet) {
    return client
        .secrets()
        .inNamespace(namespace)
        .withName(AppStatefulSet.loginSecretName(statefulSet));
  }

  private Secret replaced(Secret secret) {
    return client.resource(secret).createOr(existing -> existing.update());
  }

  private void protect(String name, String namespace, ProcessGuid id) throws IOException {
    var budget = AppStatefulSet.disruptionBudget(name, namespace, id);
    attempt(
        "keeping an instance of LRP " + id + " from disruptions",
        () -> createdOrThere(client.resource(budget)));
  }

  private static <T extends HasMetadata> boolean createdOrThere(Resource<T> wanted) {
    try {
      wanted.create();
      return true;
    } catch (KubernetesClientException e) {
      if (KubernetesFailure.isAlreadyThere(e)) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public Collection<SchedulingInfo> list() throws IOException {
    cluster.requireSynced();
    return cluster.statefulSets().all().stream()
        .filter(each -> !each.isBeingDeleted())
        .flatMap(each -> each.id().map(id -> new SchedulingInfo(id, lastUpdated(each))).stream())
        .toList();
  }

  private static String lastUpdated(WatchedStatefulSet statefulSet) {
    return statefulSet.annotation(Labels.LAST_UPDATED).orElse("");
  }

  @Override
  public Optional<DesiredLrp> find(ProcessGuid id) throws IOException {
    return known(id).map(KubernetesLrps::desired);
  }

  private Optional<WatchedStatefulSet> known(ProcessGuid id) throws IOException {
    cluster.requireSynced();
    return cluster.statefulSets().oneOf(id).filter(each -> !each.isBeingDeleted());
  }

  private static DesiredLrp desired(WatchedStatefulSet statefulSet) {
    return new DesiredLrp(
        statefulSet.id().orElseThrow(),
        statefulSet.replicas(),
        AppStatefulSet.routesIn(statefulSet),
        lastUpdated(statefulSet),
        statefulSet.image());
  }

  @Override
  public void update(ProcessGuid id, LrpUpdate update) throws IOException {
    var statefulSet = known(id).orElseThrow(() -> new LrpUnknown(id));
    var metadata = statefulSet.getMetadata();
    if (update.instances() > 1) {
      protect(metadata.getName(), metadata.getNamespace(), id);
    } else {
      unprotect(statefulSet, id); // one instance with a budget would keep a node from being emptied
    }
    var patch =
        client
            .getKubernetesSerialization()
            .asJson(
                Map.of(
                    "metadata",
                    Map.of(
                        "annotations",
                        Map.of(
                            Labels.LAST_UPDATED,
                            update.lastUpdated(),
                            Labels.ROUTES,
                            AppStatefulSet.routes(update.routes()))),
                    "spec",
                    Map.of("replicas", update.instances())));
    try {
      patch(statefulSet, patch);
    } catch (KubernetesClientException e) {
      if (KubernetesFailure.isNotFound(e)) {
        cluster.statefulSets().deleted(statefulSet);
        throw new LrpUnknown(id);
      }
      throw KubernetesFailure.of("updating LRP " + id, e);
    }
  }

  /** Kubernetes gives up on a patch if others change the object meanwhile, again and again. */
  private void patch(WatchedStatefulSet statefulSet, String patch) {
    for (int attempt = 1; ; attempt++) {
      try {
        cluster.statefulSets().patch(client, statefulSet, PatchType.JSON_MERGE, patch);
        return;
      } catch (KubernetesClientException e) {
        if (!KubernetesFailure.isConflict(e) || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** Does something of which nothing but its failure matters. */
  private static void attempt(String what, Runnable action) throws IOException {
    try {
      action.run();
    } catch (KubernetesClientException e) {
      throw KubernetesFailure.of(what, e);
    }
  }

  private Resource<WatchedStatefulSet> resource(WatchedStatefulSet statefulSet) {
    return client
        .resources(WatchedStatefulSet.class)
        .inNamespace(statefulSet.getMetadata().getNamespace())
        .withName(statefulSet.getMetadata().getName());
  }

  private void unprotect(WatchedStatefulSet statefulSet, ProcessGuid id) throws IOException {
    attempt(
        "letting LRP " + id + " be disrupted",
        () ->
            budget(statefulSet.getMetadata().getNamespace(), statefulSet.getMetadata().getName())
                .delete());
  }

  /**
   * The StatefulSet goes last: as long as it is there, Cloud Controller sees the LRP and asks
   * again.
   */
  @Override
  public void stop(ProcessGuid id) throws IOException {
    var there = known(id);
    if (there.isEmpty()) {
      return;
    }
    var statefulSet = there.get();
    var metadata = statefulSet.getMetadata();
    unprotect(statefulSet, id);
    attempt(
        "removing the login for the image of LRP " + id,
        () -> loginSecret(metadata.getNamespace(), metadata.getName()).delete());
    attempt(
        "stopping LRP " + id,
        () -> resource(statefulSet).withPropagationPolicy(DeletionPropagation.BACKGROUND).delete());
    cluster.statefulSets().deleted(statefulSet);
    LOG.info("stopped LRP {}", id);
  }

  @Override
  public void stopInstance(ProcessGuid id, int index) throws IOException {
    var there = known(id);
    if (there.isEmpty()) {
      return;
    }
    if (index < 0 || index >= there.get().replicas()) {
      throw new IllegalArgumentException(
          "LRP %s has no instance %d, expected 0 to %d"
              .formatted(id, index, there.get().replicas() - 1));
    }
    var metadata = there.get().getMetadata();
    attempt(
        "stopping instance %d of LRP %s".formatted(index, id),
        () ->
            client
                .pods()
                .inNamespace(metadata.getNamespace())
                .withName(metadata.getName() + "-" + index)
                .delete());
  }

  @Override
  public List<Instance> instances(ProcessGuid id) throws IOException {
    if (known(id).isEmpty()) {
      throw new LrpUnknown(id);
    }
    return Instances.of(cluster.pods().of(id));
  }
}
