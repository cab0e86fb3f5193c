package dropship.scheduler.report;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dropship.scheduler.kubernetes.Cluster;
import dropship.scheduler.kubernetes.KubernetesFailure;
import dropship.scheduler.kubernetes.Labels;
import dropship.scheduler.kubernetes.WatchedPod;
import dropship.scheduler.peer.Peer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells Cloud Controller of each crash of an app's instance, once: what has been told is noted on
 * the pod, where whoever leads next finds it.
 */
public final class CrashReports implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CrashReports.class);

  private final Peer cloudController;
  private final Function<String, Optional<WatchedPod>> pods;
  private final Note note;
  private final AtomicReference<Optional<Rounds>> rounds = new AtomicReference<>(Optional.empty());

  /** Writes down on a pod what has been told. */
  interface Note {
    void write(WatchedPod pod, String mark) throws IOException;
  }

  CrashReports(Peer cloudController, Function<String, Optional<WatchedPod>> pods, Note note) {
    this.cloudController = cloudController;
    this.pods = pods;
    this.note = note;
  }

  /** Reports that have not begun. */
  public static CrashReports of(Peer cloudController, KubernetesClient client, Cluster cluster) {
    var reports =
        new CrashReports(
            cloudController,
            cluster.pods()::named,
            (pod, mark) -> annotate(client, cluster, pod, mark));
    cluster.onPods(reports::seen);
    return reports;
  }

  /** Begins with what is there, as it may have crashed while nobody watched. Does not block. */
  public void start(Iterable<WatchedPod> there) {
    stop(rounds.getAndSet(Optional.of(new Rounds("telling of crashes", this::report))));
    there.forEach(this::seen);
  }

  @Override
  public void close() {
    stop(rounds.getAndSet(Optional.empty()));
  }

  private static void stop(Optional<Rounds> before) {
    before.ifPresent(Rounds::close);
  }

  /** A pod is there or has changed. */
  void seen(WatchedPod pod) {
    var now = rounds.get();
    if (now.isPresent() && unreported(pod).isPresent()) {
      now.get().add(pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName());
    }
  }

  private static Optional<Crash> unreported(WatchedPod pod) {
    return Crash.of(pod)
        .filter(crash -> pod.annotation(Labels.LAST_CRASH).filter(crash.mark()::equals).isEmpty());
  }

  private void report(String key) throws IOException {
    var pod = pods.apply(key);
    var crash = pod.flatMap(CrashReports::unreported);
    if (crash.isEmpty()) {
      return;
    }
    var path = "/internal/v4/apps/" + crash.get().app() + "/crashed";
    var answer = cloudController.sendJson("POST", path, crash.get().json());
    switch (answer.status()) {
      case HttpURLConnection.HTTP_OK ->
          LOG.info("{} of {} has crashed: {}", key, crash.get().app(), crash.get().reason());
      case HttpURLConnection.HTTP_NOT_FOUND ->
          LOG.info(
              "{} of {} has crashed, which Cloud Controller does not know", key, crash.get().app());
      default ->
          throw new IOException(
              "Cloud Controller answers %d to the crash of %s: %s"
                  .formatted(answer.status(), key, answer.reason()));
    }
    note.write(pod.get(), crash.get().mark());
  }

  private static void annotate(
      KubernetesClient client, Cluster cluster, WatchedPod pod, String mark) throws IOException {
    var metadata = JsonNodeFactory.instance.objectNode();
    // Of the same name there may be another pod by now.
    metadata.put("uid", pod.getMetadata().getUid());
    metadata.putObject("annotations").put(Labels.LAST_CRASH, mark);
    var patch = JsonNodeFactory.instance.objectNode().set("metadata", metadata).toString();
    try {
      cluster.pods().patch(client, pod, PatchType.JSON_MERGE, patch);
    } catch (KubernetesClientException e) {
      if (!KubernetesFailure.isNotFound(e) && !KubernetesFailure.isConflict(e)) {
        throw KubernetesFailure.of(
            "noting on pod %s that its crash has been told".formatted(pod.getMetadata().getName()),
            e);
      }
    }
  }
}
