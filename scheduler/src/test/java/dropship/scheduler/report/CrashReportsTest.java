package dropship.scheduler.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dropship.scheduler.kubernetes.WatchedPod;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CrashReportsTest {
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final String GUID = "b194809b-88c0-49af-b8aa-69da097fc360";
  private static final String VERSION = "2fdc448f-6bac-4085-9426-87d0124c433a";
  private static final String ENDED =
      "{\"terminated\": {\"exitCode\": 137, \"reason\": \"OOMKilled\","
          + " \"finishedAt\": \"2026-01-01T00:00:09Z\"}}";
  private static final String RUNNING = "{\"running\": {\"startedAt\": \"2026-01-01T00:00:10Z\"}}";
  private static final String WAITING = "{\"waiting\": {\"reason\": \"CrashLoopBackOff\"}}";

  private final Map<String, WatchedPod> pods = new ConcurrentHashMap<>();
  private final BlockingQueue<String> noted = new LinkedBlockingQueue<>();
  private CloudController cloudController;
  private CrashReports reports;

  @BeforeEach
  void start() throws IOException {
    cloudController = new CloudController();
    reports =
        new CrashReports(
            cloudController.peer(),
            key -> Optional.ofNullable(pods.get(key)),
            (pod, mark) -> {
              pod.getMetadata()
                  .getAnnotations()
                  .put("cloudfoundry.org/last_reported_app_crash", mark);
              noted.add(mark);
            });
    reports.start(List.of());
  }

  @AfterEach
  void stop() {
    reports.close();
    cloudController.close();
  }

  private static WatchedPod pod(String metadata, String container, int restarts, String states)
      throws JsonProcessingException {
    return JSON.readValue(
        """
        {"apiVersion": "v1", "kind": "Pod",
         "metadata": {"namespace": "ns", "name": "app-1", "uid": "u", "annotations": {},
           "labels": {"cloudfoundry.org/guid": "%s", "cloudfoundry.org/version": "%s",
             "cloudfoundry.org/source_type": "APP"}%s},
         "spec": {}, "status": {"containerStatuses": [
           {"name": "sidecar", "restartCount": 9, "state": %s},
           {"name": "%s", "restartCount": %d, %s}]}}
        """
            .formatted(GUID, VERSION, metadata, ENDED, container, restarts, states),
        WatchedPod.class);
  }

  private void seen(WatchedPod pod) {
    pods.put("ns/app-1", pod);
    reports.seen(pod);
  }

  private static String states(String state, String last) {
    return "\"state\": " + state + ", \"lastState\": " + last;
  }

  @Test
  void tellsCloudControllerWhatItsEventsNeed() throws Exception {
    seen(pod("", "opi", 2, states(ENDED, "{}")));
    assertThat(cloudController.told())
        .isEqualTo(
            "POST /internal/v4/apps/%s-%s/crashed ".formatted(GUID, VERSION)
                + "{\"instance\":\"app-1\",\"index\":1,\"cell_id\":\"\",\"reason\":\"OOMKilled\","
                + "\"exit_status\":137,\"exit_description\":\"OOMKilled\",\"crash_count\":3,"
                + "\"crash_timestamp\":1767225609}");
  }

  @Test
  void tellsOfACrashOnceHoweverItIsSeen() throws Exception {
    var ended = pod("", "opi", 2, states(ENDED, "{}"));
    seen(ended);
    var mark = noted.poll(60, TimeUnit.SECONDS);
    assertThat(mark).isEqualTo("3 2026-01-01T00:00:09Z");
    for (var again : List.of(states(WAITING, ENDED), states("{}", ENDED))) {
      var pod = pod("", "opi", 2, again);
      pod.getMetadata().setAnnotations(ended.getMetadata().getAnnotations());
      seen(pod);
    }
    var restarted = pod("", "opi", 3, states(RUNNING, ENDED));
    restarted.getMetadata().setAnnotations(ended.getMetadata().getAnnotations());
    seen(restarted);
    var next = ENDED.replace("00:00:09", "00:00:42");
    var crashed = pod("", "opi", 3, states(next, ENDED));
    crashed.getMetadata().setAnnotations(ended.getMetadata().getAnnotations());
    seen(crashed);
    assertThat(cloudController.told()).contains("\"crash_count\":3");
    assertThat(cloudController.told()).contains("\"crash_count\":4");
    assertThat(noted.poll(60, TimeUnit.SECONDS)).isEqualTo("4 2026-01-01T00:00:42Z");
    assertThat(cloudController.hasBeenToldMore()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ", \"deletionTimestamp\": \"2026-01-01T00:00:08Z\" | opi | told to end",
        "'' | another | no app's container",
      })
  void isNotTold(String metadata, String container, String why) throws JsonProcessingException {
    assertThat(Crash.of(pod(metadata, container, 0, states(ENDED, "{}")))).as(why).isEmpty();
    assertThat(Crash.of(pod("", "opi", 0, states(ENDED, "{}")))).isPresent();
  }

  @Test
  void whatCannotStartHasNotCrashed() throws JsonProcessingException {
    var waiting = "{\"waiting\": {\"reason\": \"ImagePullBackOff\"}}";
    assertThat(Crash.of(pod("", "opi", 0, states(waiting, "{}")))).isEmpty();
    assertThat(Crash.of(pod("", "opi", 0, states(RUNNING, "{}")))).isEmpty();
  }

  @Test
  void alwaysHasADescription() throws JsonProcessingException {
    var silent = "{\"terminated\": {\"exitCode\": 0}}";
    assertThat(Crash.of(pod("", "opi", 0, states(silent, "{}"))).orElseThrow().json())
        .contains("\"exit_description\":\"unknown\"", "\"crash_timestamp\":0");
  }

  @Test
  void triesAgainWhereCloudControllerFailsAndGivesUpWhereItKnowsNoSuchApp() throws Exception {
    cloudController.answers(500);
    cloudController.answers(404);
    seen(pod("", "opi", 0, states(ENDED, "{}")));
    assertThat(cloudController.told()).isEqualTo(cloudController.told());
    assertThat(noted.poll(60, TimeUnit.SECONDS)).startsWith("1 ");
  }

  @Test
  void whoeverBeginsToLeadLooksAtWhatIsThere() throws Exception {
    reports.close();
    var pod = pod("", "opi", 0, states(WAITING, ENDED));
    pods.put("ns/app-1", pod);
    reports.seen(pod);
    assertThat(cloudController.hasBeenToldMore()).isFalse();
    reports.start(pods.values());
    assertThat(cloudController.told()).contains("\"crash_count\":1");
  }
}
