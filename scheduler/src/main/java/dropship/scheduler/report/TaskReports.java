package dropship.scheduler.report;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dropship.scheduler.kubernetes.AppContainer;
import dropship.scheduler.kubernetes.Cluster;
import dropship.scheduler.kubernetes.KubernetesFailure;
import dropship.scheduler.kubernetes.Labels;
import dropship.scheduler.kubernetes.WatchedJob;
import dropship.scheduler.kubernetes.WatchedPod;
import dropship.scheduler.peer.Peer;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells each task's callback its result, and then lets the task go. How often it has been tried,
 * and that it has succeeded, is noted on the Job, where whoever leads next finds it.
 */
public final class TaskReports implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TaskReports.class);
  private static final int MOST_ATTEMPTS = 10;

  /** A registry may be away for as long. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Peer cloudController;
  private final Jobs jobs;
  private final Duration ttl;
  private final InstantSource clock;
  private final AtomicReference<Optional<Rounds>> rounds = new AtomicReference<>(Optional.empty());

  /** The Jobs of tasks. */
  interface Jobs {
    Optional<WatchedJob> find(String key);

    /** The pods of a Job. */
    Stream<WatchedPod> pods(WatchedJob job);

    /** Changes a Job by a merge patch; one that has gone needs no change. */
    void patch(WatchedJob job, String patch) throws IOException;

    void delete(WatchedJob job) throws IOException;
  }

  /**
   * @param cloudController whose certificates callbacks are called with
   * @param ttl how long a task's remains are kept
   */
  TaskReports(Peer cloudController, Jobs jobs, Duration ttl, InstantSource clock) {
    this.cloudController = cloudController;
    this.jobs = jobs;
    this.ttl = ttl;
    this.clock = clock;
  }

  /** Reports that have not begun. */
  public static TaskReports of(
      Peer cloudController,
      KubernetesClient client,
      Cluster cluster,
      Duration ttl,
      InstantSource clock) {
    var reports = new TaskReports(cloudController, new ClusterJobs(client, cluster), ttl, clock);
    cluster.onJobs(reports::seen);
    cluster.onPods(reports::seen);
    return reports;
  }

  /** Begins with what is there. Does not block. */
  public void start(Iterable<WatchedJob> there) {
    stop(rounds.getAndSet(Optional.of(new Rounds("telling of results of tasks", this::look))));
    there.forEach(this::seen);
  }

  @Override
  public void close() {
    stop(rounds.getAndSet(Optional.empty()));
  }

  private static void stop(Optional<Rounds> before) {
    before.ifPresent(Rounds::close);
  }

  /** A Job is there or has changed. */
  void seen(WatchedJob job) {
    boolean isDue = job.isReported() || job.isCancelled() || isOver(job);
    if (isDue && !job.isBeingDeleted()) {
      rounds.get().ifPresent(now -> now.add(key(job)));
    }
  }

  /** A task whose container cannot be made would never end by itself. */
  void seen(WatchedPod pod) {
    if (pod.stuck(AppContainer.TASK_NAME).isPresent()) {
      var wait = Duration.between(clock.instant(), patience(pod));
      pod.label(Labels.JOB_NAME)
          .map(job -> pod.getMetadata().getNamespace() + "/" + job)
          .ifPresent(key ->
              rounds
                  .get()
                  .ifPresent(now -> now.addLater(key, wait.isNegative() ? Duration.ZERO : wait)));
    }
  }

  /** Until when a pod may take to begin. */
  private static Instant patience(WatchedPod pod) {
    return instant(pod.getMetadata().getCreationTimestamp()).plus(PATIENCE);
  }

  private Optional<String> stuck(WatchedJob job) {
    return jobs.pods(job)
        .filter(pod -> !patience(pod).isAfter(clock.instant()))
        .flatMap(pod -> pod.stuck(AppContainer.TASK_NAME).stream())
        .map(waiting -> String.valueOf(waiting.reason()))
        .findFirst();
  }

  private static String key(WatchedJob job) {
    return job.getMetadata().getNamespace() + "/" + job.getMetadata().getName();
  }

  private static boolean isOver(WatchedJob job) {
    return job.condition("Complete").isPresent() || job.condition("Failed").isPresent();
  }

  private void look(String key) throws IOException {
    var found = jobs.find(key).filter(job -> !job.isBeingDeleted());
    if (found.isEmpty()) {
      return;
    }
    var job = found.get();
    if (job.isReported()) {
      letGo(key, job);
    } else if (job.isCancelled()) {
      report(key, job, "task was cancelled");
    } else if (isOver(job)) {
      report(key, job, job.condition("Complete").isPresent() ? "" : failure(job));
    } else {
      var reason = stuck(job);
      if (reason.isPresent()) {
        report(key, job, reason.get());
      }
    }
  }

  private void letGo(String key, WatchedJob job) throws IOException {
    var left =
        Duration.between(
            clock.instant(),
            job.annotation(Labels.TASK_REPORTED_AT)
                .map(TaskReports::instant)
                .orElse(Instant.EPOCH)
                .plus(ttl));
    if (left.isPositive()) {
      rounds.get().ifPresent(now -> now.addLater(key, left));
    } else {
      jobs.delete(job);
    }
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException malformed) {
      return Instant.EPOCH;
    }
  }

  /** The container knows best; where there is none any more, Kubernetes has its own reason. */
  private String failure(WatchedJob job) {
    return jobs.pods(job)
        .flatMap(pod -> pod.container(AppContainer.TASK_NAME).stream())
        .flatMap(container -> Stream.ofNullable(container.state()))
        .flatMap(state -> Stream.ofNullable(state.terminated()))
        .filter(terminated -> terminated.exitCode() != 0)
        .flatMap(terminated -> Stream.ofNullable(terminated.reason()))
        .findFirst()
        .or(() -> job.condition("Failed").flatMap(failed -> Optional.ofNullable(failed.reason())))
        .orElse("Error");
  }

  private void report(String key, WatchedJob job, String failure) throws IOException {
    var result =
        object()
            .put("task_guid", job.taskGuid())
            .put("failed", !failure.isEmpty())
            .put("failure_reason", failure)
            .toString();
    int attempts = attempts(job) + 1;
    try {
      tell(job, result);
    } catch (IOException e) {
      if (attempts < MOST_ATTEMPTS) {
        jobs.patch(job, attempted(attempts));
        throw e;
      }
      LOG.error("the result of task {} is given up: {}", job.taskGuid(), e.getMessage());
    }
    jobs.patch(job, reported(clock.instant()));
    rounds.get().ifPresent(now -> now.addLater(key, ttl));
  }

  private void tell(WatchedJob job, String result) throws IOException {
    var answer = cloudController.postTo(callback(job), result);
    if (answer.status() == HttpURLConnection.HTTP_NOT_FOUND) {
      LOG.info("task {} has ended, which its callback does not know", job.taskGuid());
    } else if (answer.status() / 100 == 2) {
      LOG.info("task {} has ended: {}", job.taskGuid(), result);
    } else {
      throw new IOException(
          "the callback of task %s answers %d: %s"
              .formatted(job.taskGuid(), answer.status(), answer.reason()));
    }
  }

  /** The URL may hold a login, so it is not repeated. */
  private static URI callback(WatchedJob job) throws IOException {
    try {
      return URI.create(job.annotation(Labels.COMPLETION_CALLBACK).orElse(""));
    } catch (IllegalArgumentException e) {
      throw new IOException("the callback of task " + job.taskGuid() + " is no URL");
    }
  }

  private static int attempts(WatchedJob job) {
    try {
      return Integer.parseInt(job.annotation(Labels.TASK_REPORT_COUNT).orElse("0"));
    } catch (NumberFormatException malformed) {
      return 0;
    }
  }

  private static String attempted(int times) {
    var metadata = object();
    metadata.putObject("annotations").put(Labels.TASK_REPORT_COUNT, Integer.toString(times));
    return object().set("metadata", metadata).toString();
  }

  private static String reported(Instant now) {
    var metadata = object();
    metadata.putObject("labels").put(Labels.TASK_COMPLETED, "true");
    metadata.putObject("annotations").put(Labels.TASK_REPORTED_AT, now.toString());
    return object().set("metadata", metadata).toString();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** Those of Kubernetes. */
  private record ClusterJobs(KubernetesClient client, Cluster cluster) implements Jobs {
    @Override
    public Optional<WatchedJob> find(String key) {
      return cluster.jobs().named(key);
    }

    @Override
    public Stream<WatchedPod> pods(WatchedJob job) {
      var metadata = job.getMetadata();
      return cluster.pods().all().stream()
          .filter(pod -> pod.getMetadata().getNamespace().equals(metadata.getNamespace()))
          .filter(pod -> pod.label(Labels.JOB_NAME).filter(metadata.getName()::equals).isPresent());
    }

    @Override
    public void patch(WatchedJob job, String patch) throws IOException {
      try {
        cluster.jobs().patch(client, job, PatchType.JSON_MERGE, patch);
      } catch (KubernetesClientException e) {
        if (!KubernetesFailure.isNotFound(e)) {
          throw failure("noting on", job, e);
        }
      }
    }

    @Override
    public void delete(WatchedJob job) throws IOException {
      try {
        client
            .batch()
            .v1()
            .jobs()
            .inNamespace(job.getMetadata().getNamespace())
            .withName(job.getMetadata().getName())
            .withPropagationPolicy(DeletionPropagation.BACKGROUND)
            .delete();
      } catch (KubernetesClientException e) {
        throw failure("deleting", job, e);
      }
    }

    private static IOException failure(
        String attempt, WatchedJob job, KubernetesClientException e) {
      return KubernetesFailure.of("%s the Job of task %s".formatted(attempt, job.taskGuid()), e);
    }
  }
}
