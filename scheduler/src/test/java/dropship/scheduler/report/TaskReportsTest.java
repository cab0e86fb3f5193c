package dropship.scheduler.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dropship.scheduler.kubernetes.WatchedJob;
import dropship.scheduler.kubernetes.WatchedPod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TaskReportsTest {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final OneJob jobs = new OneJob();
  private CloudController cloudController;
  private TaskReports reports;

  /** A Job as Kubernetes keeps it, whose every change is seen. */
  private final class OneJob implements TaskReports.Jobs {
    private final BlockingQueue<String> done = new LinkedBlockingQueue<>();
    private WatchedJob job = new WatchedJob();
    private List<WatchedPod> pods = List.of();

    @Override
    public synchronized Optional<WatchedJob> find(String key) {
      return Optional.of(job);
    }

    @Override
    public Stream<WatchedPod> pods(WatchedJob job) {
      return pods.stream();
    }

    @Override
    public synchronized void patch(WatchedJob before, String patch) throws IOException {
      var changes = JSON.readTree(patch).path("metadata");
      changes
          .path("labels")
          .properties()
          .forEach(one -> job.getMetadata().getLabels().put(one.getKey(), one.getValue().asText()));
      changes
          .path("annotations")
          .properties()
          .forEach(
              one -> job.getMetadata().getAnnotations().put(one.getKey(), one.getValue().asText()));
      done.add(changes.has("labels") ? "reported" : changes.path("annotations").toString());
      reports.seen(job);
    }

    @Override
    public void delete(WatchedJob job) {
      done.add("deleted");
    }

    String next() throws InterruptedException {
      return String.valueOf(done.poll(60, TimeUnit.SECONDS));
    }
  }

  @BeforeEach
  void start() throws IOException {
    cloudController = new CloudController();
    reports =
        new TaskReports(
            cloudController.peer(), jobs, Duration.ofMillis(50), InstantSource.system());
    reports.start(List.of());
  }

  @AfterEach
  void stop() {
    reports.close();
    cloudController.close();
  }

  private void ends(String annotations, String condition) throws JsonProcessingException {
    var callback =
        cloudController.url().replace("http://", "http://cc:p%40ss@") + "/tasks/t/completed";
    jobs.job =
        JSON.readValue(
            """
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"namespace": "ns", "name": "t",
               "labels": {"cloudfoundry.org/guid": "t"},
               "annotations": {"cloudfoundry.org/completion_callback": "%s"%s}},
             "spec": {}, "status": {"conditions": [%s]}}
            """
                .formatted(callback, annotations, condition),
            WatchedJob.class);
    reports.seen(jobs.job);
  }

  private static String condition(String type, String reason) {
    return "{\"type\": \"%s\", \"status\": \"True\", \"reason\": \"%s\"}".formatted(type, reason);
  }

  private static String told(boolean failed, String reason) {
    var login = Base64.getEncoder().encodeToString("cc:p@ss".getBytes(StandardCharsets.UTF_8));
    return "POST /tasks/t/completed Basic %s {\"task_guid\":\"t\",\"failed\":%s,\"failure_reason\":\"%s\"}"
        .formatted(login, failed, reason);
  }

  @Test
  void aTaskThatHasSucceededIsReportedAndThenLetGo() throws Exception {
    ends("", condition("Complete", ""));
    assertThat(cloudController.told()).isEqualTo(told(false, ""));
    assertThat(jobs.next()).isEqualTo("reported");
    assertThat(jobs.next()).isEqualTo("deleted");
    assertThat(cloudController.hasBeenToldMore()).isFalse();
  }

  @Test
  void aTaskThatHasFailedSaysWhy() throws Exception {
    jobs.pods =
        List.of(
            JSON.readValue(
                """
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "ns", "name": "t-x"},
                 "spec": {}, "status": {"containerStatuses": [{"name": "opi-task",
                   "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]}}
                """,
                WatchedPod.class));
    ends("", condition("Failed", "BackoffLimitExceeded"));
    assertThat(cloudController.told()).isEqualTo(told(true, "OOMKilled"));
  }

  @Test
  void aTaskWhosePodHasGoneSaysWhatKubernetesDoes() throws Exception {
    ends("", condition("Failed", "BackoffLimitExceeded"));
    assertThat(cloudController.told()).isEqualTo(told(true, "BackoffLimitExceeded"));
  }

  @Test
  void aCancelledTaskIsReportedAsSuch() throws Exception {
    ends(", \"dropship/cancelled\": \"true\"", condition("Suspended", ""));
    assertThat(cloudController.told()).isEqualTo(told(true, "task was cancelled"));
    assertThat(jobs.next()).isEqualTo("reported");
  }

  @Test
  void aTaskThatRunsIsNotReported() throws Exception {
    ends("", condition("Suspended", ""));
    ends("", condition("Complete", ""));
    assertThat(cloudController.told()).isEqualTo(told(false, ""));
    assertThat(jobs.next()).isEqualTo("reported");
    assertThat(cloudController.hasBeenToldMore()).isFalse();
  }

  @Test
  void howOftenACallbackHasFailedIsNotedAndTheTenthTimeIsTheLast() throws Exception {
    cloudController.answers(500);
    cloudController.answers(503);
    ends(", \"cloudfoundry.org/task_completion_report_counter\": \"8\"", condition("Complete", ""));
    assertThat(jobs.next()).contains("\"9\"");
    assertThat(jobs.next()).isEqualTo("reported");
    assertThat(jobs.next()).isEqualTo("deleted");
    cloudController.told();
    cloudController.told();
    assertThat(cloudController.hasBeenToldMore()).isFalse();
  }

  @Test
  void aCallbackThatDoesNotKnowTheTaskIsNotAskedAgain() throws Exception {
    cloudController.answers(404);
    ends("", condition("Complete", ""));
    assertThat(jobs.next()).isEqualTo("reported");
  }

  @Test
  void aTaskThatCannotBeginHasFailedAfterAWhile() throws Exception {
    var waits =
        """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "ns", "name": "t-x",
            "creationTimestamp": "%s", "labels": {"job-name": "t"}},
         "spec": {}, "status": {"containerStatuses": [{"name": "opi-task",
           "state": {"waiting": {"reason": "ImagePullBackOff"}}}]}}
        """;
    ends("", condition("Suspended", ""));
    jobs.pods = List.of(JSON.readValue(waits.formatted(Instant.now()), WatchedPod.class));
    reports.seen(jobs.pods.getFirst());
    assertThat(cloudController.hasBeenToldMore()).isFalse();

    jobs.pods = List.of(JSON.readValue(waits.formatted("2020-01-01T00:00:00Z"), WatchedPod.class));
    reports.seen(jobs.pods.getFirst());

    assertThat(cloudController.told()).isEqualTo(told(true, "ImagePullBackOff"));
    assertThat(jobs.next()).isEqualTo("reported");
  }
}
