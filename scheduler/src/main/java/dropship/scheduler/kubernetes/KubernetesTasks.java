package dropship.scheduler.kubernetes;

import dropship.scheduler.image.Registry;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.Task;
import dropship.scheduler.lrp.TaskUnknown;
import dropship.scheduler.lrp.Tasks;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.util.Collection;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tasks as Jobs. A Job is there until the task's callback has heard its result, and says so: a
 * scheduler that dies forgets nothing.
 */
public final class KubernetesTasks implements Tasks {
  private static final Logger LOG = LoggerFactory.getLogger(KubernetesTasks.class);

  /** Suspending ends what runs. */
  private static final String CANCEL =
      "{\"metadata\":{\"annotations\":{\"%s\":\"true\"}},\"spec\":{\"suspend\":true}}"
          .formatted(Labels.CANCELLED);

  private final KubernetesClient client;
  private final Cluster cluster;
  private final Namespaces namespaces;
  private final AppImages images;
  private final LrpSettings settings;

  public KubernetesTasks(
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
  }

  @Override
  public void desire(Task task) throws IOException {
    if (find(task.guid()).isPresent()) {
      return;
    }
    var namespace = namespaces.nameFor(task.app());
    namespaces.ensure(namespace);
    var image = images.of(task.lifecycle(), namespaces.labels(namespace));
    try {
      create(task, namespace, image);
    } catch (KubernetesClientException e) {
      throw KubernetesFailure.of("starting task " + task.guid(), e);
    }
    LOG.info("started task {} in {} of {}", task.guid(), namespace, image.reference());
  }

  private void create(Task task, String namespace, AppImage image) {
    var wanted = TaskJob.of(task, namespace, image, settings);
    try {
      var created = client.batch().v1().jobs().resource(wanted).create();
      cluster
          .jobs()
          .written(client.getKubernetesSerialization().convertValue(created, WatchedJob.class));
      if (task.lifecycle() instanceof Lifecycle.Docker docker && docker.login().isPresent()) {
        var secret =
            PullSecrets.forImage(
                AppStatefulSet.loginSecretName(TaskJob.nameOf(task)),
                namespace,
                docker.image(),
                docker.login().get());
        // Kubernetes removes it with the Job, and pulls again if it was not there the first time.
        secret.addOwnerReference(created);
        client.resource(secret).create();
      }
    } catch (KubernetesClientException e) {
      if (!KubernetesFailure.isConflict(e)) {
        throw e;
      }
    }
  }

  @Override
  public Collection<String> list() throws IOException {
    cluster.requireSynced();
    return unreported().map(WatchedJob::taskGuid).toList();
  }

  private Stream<WatchedJob> unreported() {
    return cluster.jobs().all().stream()
        .filter(each -> !each.isReported() && !each.isBeingDeleted());
  }

  private Optional<WatchedJob> find(String guid) throws IOException {
    cluster.requireSynced();
    return unreported().filter(each -> each.taskGuid().equals(guid)).findFirst();
  }

  @Override
  public boolean contains(String guid) throws IOException {
    return find(guid).isPresent();
  }

  @Override
  public void cancel(String guid) throws IOException {
    var job = find(guid).orElseThrow(() -> new TaskUnknown(guid));
    try {
      cluster
          .jobs()
          .written(
              client
                  .resources(WatchedJob.class)
                  .inNamespace(job.getMetadata().getNamespace())
                  .withName(job.getMetadata().getName())
                  .patch(PatchContext.of(PatchType.JSON_MERGE), CANCEL));
    } catch (KubernetesClientException e) {
      if (KubernetesFailure.isNotFound(e)) {
        throw new TaskUnknown(guid);
      }
      throw KubernetesFailure.of("cancelling task " + guid, e);
    }
    LOG.info("cancelled task {}", guid);
  }
}
