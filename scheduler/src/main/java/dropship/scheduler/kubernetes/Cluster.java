package dropship.scheduler.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the cluster has of ours, kept up to date by watching: whoever asks here asks no server. One
 * namespace, or all of them, told apart from others' by labels.
 */
public final class Cluster implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

  /** As much as is read at once in the beginning: a few MB. */
  private static final long PAGE = 500;

  private final KubernetesClient client;
  private final Optional<String> namespace;
  private final Cached<WatchedStatefulSet> statefulSets = new Cached<>();
  private final Cached<WatchedPod> pods = new Cached<>();
  private final Cached<WatchedJob> jobs = new Cached<>();
  private final SharedIndexInformer<WatchedStatefulSet> statefulSetInformer;
  private final SharedIndexInformer<WatchedPod> podInformer;
  private final SharedIndexInformer<WatchedJob> jobInformer;

  /**
   * @param namespace where everything is; empty for all namespaces
   */
  public Cluster(KubernetesClient client, Optional<String> namespace) {
    this.client = client;
    this.namespace = namespace;
    this.statefulSetInformer = informer(WatchedStatefulSet.class, statefulSets, Labels.APP);
    this.podInformer = informer(WatchedPod.class, pods, Labels.APP, Labels.TASK);
    this.jobInformer = informer(WatchedJob.class, jobs, Labels.TASK);
  }

  private <T extends Watched<?, ?>> SharedIndexInformer<T> informer(
      Class<T> type, Cached<T> cached, String... sourceTypes) {
    var resources = client.resources(type);
    var selected =
        namespace.isPresent() ? resources.inNamespace(namespace.get()) : resources.inAnyNamespace();
    return selected
        .withLabelIn(Labels.SOURCE_TYPE, sourceTypes)
        .withLimit(PAGE)
        .runnableInformer(0)
        .itemStore(cached)
        .exceptionHandler((started, failure) -> {
          LOG.warn("watching {}s: {}; trying again", type.getSimpleName(), failure.toString());
          return true;
        });
  }

  /** Begins to watch; goes on trying if Kubernetes cannot be reached. Does not wait. */
  public void start() {
    statefulSetInformer.start();
    podInformer.start();
    jobInformer.start();
  }

  /** Whether everything there is has been seen once. */
  public boolean isSynced() {
    return statefulSetInformer.hasSynced() && podInformer.hasSynced() && jobInformer.hasSynced();
  }

  /** Fails as long as not everything there is has been seen. */
  public void requireSynced() throws IOException {
    if (!isSynced()) {
      throw new IOException("what Kubernetes has is not known yet, as it has not been listed");
    }
  }

  public Cached<WatchedStatefulSet> statefulSets() {
    return statefulSets;
  }

  /** The Jobs of tasks. */
  public Cached<WatchedJob> jobs() {
    return jobs;
  }

  /** The pods of LRPs and of tasks; those of tasks are found by no LRP. */
  public Cached<WatchedPod> pods() {
    return pods;
  }

  /** Tells of every pod that comes or changes from now on. What is told must not block. */
  public void onPods(Consumer<WatchedPod> told) {
    podInformer.addEventHandler(new Told<>(told, gone -> {}));
  }

  /** Tells of every Job that comes or changes from now on. What is told must not block. */
  public void onJobs(Consumer<WatchedJob> told) {
    jobInformer.addEventHandler(new Told<>(told, gone -> {}));
  }

  /** Tells that an LRP or an instance has come, changed or gone. What is told must not block. */
  public void onChanges(Runnable told) {
    onStatefulSets(new Told<>(seen -> told.run(), gone -> told.run()));
    podInformer.addEventHandler(new Told<>(seen -> told.run(), gone -> told.run()));
  }

  void onStatefulSets(ResourceEventHandler<WatchedStatefulSet> handler) {
    statefulSetInformer.addEventHandler(handler);
  }

  private record Told<T>(Consumer<T> seen, Consumer<T> gone) implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T added) {
      seen.accept(added);
    }

    @Override
    public void onUpdate(T before, T after) {
      seen.accept(after);
    }

    @Override
    public void onDelete(T last, boolean unknown) {
      gone.accept(last);
    }
  }

  @Override
  public void close() {
    for (var informer : List.of(statefulSetInformer, podInformer, jobInformer)) {
      informer.stop();
    }
  }
}
