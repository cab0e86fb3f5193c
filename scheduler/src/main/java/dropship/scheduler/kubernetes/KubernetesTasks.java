package dropship.scheduler.kubernetes;

import dropship.scheduler.image.Registry;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.Task;
import dropship.scheduler.lrp.TaskUnknown;
import dropship.scheduler.lrp.Tasks;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
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
    var there = find(task.guid());
    try {
      if (there.isPresent()) {
        keepLogin(task, there.get());
      } else {
        create(task);
      }
    } catch (KubernetesClientException e) {
      throw KubernetesFailure.of("starting task " + task.guid(), e);
    }
  }

  private void create(Task task) throws IOException {
    var namespace = namespaces.nameFor(task.app());
    namespaces.ensure(namespace);
    var image = images.of(task.lifecycle(), namespaces.labels(namespace));
    var wanted = TaskJob.of(task, namespace, image, settings);
    try {
      var created =
          client
              .getKubernetesSerialization()
              .convertValue(client.batch().v1().jobs().resource(wanted).create(), WatchedJob.class);
      cluster.jobs().written(created);
      keepLogin(task, created);
      LOG.info("started task {} in {} of {}", task.guid(), namespace, image.reference());
    } catch (KubernetesClientException e) {
      if (KubernetesFailure.isNotFound(e)) {
        namespaces.forget(namespace);
      }
      if (!KubernetesFailure.isAlreadyThere(e)) {
        throw e;
      }
    }
  }

  /** Kubernetes removes it with the Job, and pulls again if it was not there the first time. */
  private void keepLogin(Task task, WatchedJob job) {
    if (task.lifecycle() instanceof Lifecycle.Docker docker && docker.login().isPresent()) {
      var secret =
          PullSecrets.forImage(
              AppStatefulSet.loginSecretName(job.getMetadata().getName()),
              job.getMetadata().getNamespace(),
              docker.image(),
              docker.login().get());
      secret.addOwnerReference(job);
      try {
        client.resource(secret).create();
      } catch (KubernetesClientException e) {
        if (!KubernetesFailure.isAlreadyThere(e)) {
          throw e;
        }
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
      cluster.jobs().patch(client, job, PatchType.JSON_MERGE, CANCEL);
    } catch (KubernetesClientException e) {
      if (KubernetesFailure.isNotFound(e)) {
        cluster.jobs().deleted(job);
        throw new TaskUnknown(guid);
      }
      throw KubernetesFailure.of("cancelling task " + guid, e);
    }
    LOG.info("cancelled task {}", guid);
  }
}
