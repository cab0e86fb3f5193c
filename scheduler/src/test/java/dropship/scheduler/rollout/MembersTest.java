package dropship.scheduler.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dropship.scheduler.image.ActiveRootfs;
import dropship.scheduler.image.Rootfs;
import dropship.scheduler.kubernetes.WatchedPod;
import dropship.scheduler.kubernetes.WatchedStatefulSet;
import dropship.scheduler.rollout.Member.Policy;
import dropship.scheduler.rollout.Member.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MembersTest {
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final String NEW = "sha256:" + "b".repeat(64);
  private static final Instant SOON = Instant.parse("2026-01-01T00:00:10Z");
  private static final Duration READY_TIMEOUT = Duration.ofMinutes(5);
  private static final ActiveRootfs ACTIVE =
      new ActiveRootfs(
          "s",
          Map.of(
              "s", new ActiveRootfs.Stack(Optional.of("2"), Optional.of("1")),
              "other", new ActiveRootfs.Stack(Optional.of("7"), Optional.empty())));

  private static WatchedStatefulSet statefulSet(String labels, long observed, String current)
      throws JsonProcessingException {
    return JSON.readValue(
        """
        {"apiVersion": "apps/v1", "kind": "StatefulSet",
         "metadata": {"namespace": "ns", "name": "app", "generation": 2, "labels": {%s},
           "annotations": {"cloudfoundry.org/droplet_guid": "g", "cloudfoundry.org/droplet_hash": "h",
             "dropship/rootfs": "s/2", "dropship/rolled-at": "2026-01-01T00:00:00Z"}},
         "spec": {"replicas": 2, "template": {"spec": {"containers": [
           {"name": "opi", "image": "r/cloudfoundry/g@%s"}]}}},
         "status": {"observedGeneration": %d, "replicas": 2, "readyReplicas": 0,
           "currentRevision": "%s", "updateRevision": "app-new"}}
        """
            .formatted(labels, NEW, observed, current),
        WatchedStatefulSet.class);
  }

  private static WatchedPod pod(String revision, String status) throws JsonProcessingException {
    return JSON.readValue(
        """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "ns", "name": "app-1",
           "creationTimestamp": "2026-01-01T00:00:07Z",
           "labels": {"controller-revision-hash": "%s"}},
         "spec": {}, "status": {"containerStatuses": [{"name": "opi", "ready": false,
           "restartCount": 1, %s}]}}
        """
            .formatted(revision, status),
        WatchedPod.class);
  }

  private static WatchedPod ready(String revision) throws JsonProcessingException {
    return JSON.readValue(
        """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "ns", "name": "app-0",
           "creationTimestamp": "2026-01-01T00:00:05Z",
           "labels": {"controller-revision-hash": "%s"}},
         "spec": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        """
            .formatted(revision),
        WatchedPod.class);
  }

  private static Member member(
      WatchedStatefulSet statefulSet, Map<String, String> namespace, WatchedPod... pods) {
    return Members.member(statefulSet, List.of(pods), namespace, ACTIVE);
  }

  private static Progress progress(WatchedStatefulSet statefulSet, WatchedPod... pods) {
    return member(statefulSet, Map.of(), pods).progress(SOON, READY_TIMEOUT);
  }

  @Test
  void anLrpGoesToWhatIsActiveUnlessItsLabelsOrThoseOfItsNamespaceSayOtherwise()
      throws JsonProcessingException {
    var plain = member(statefulSet("", 2, "app-new"), Map.of());
    assertThat(plain.target()).contains(new Rootfs("s", "2"));
    assertThat(plain.at()).contains(new Rootfs("s", "2"));
    assertThat(plain.policy()).isEqualTo(Policy.FOLLOWS);
    var namespace = Map.of("dropship/pin", "1", "dropship/stack", "other");
    assertThat(member(statefulSet("", 2, "app-new"), namespace).target())
        .contains(new Rootfs("other", "1"));
    var own = member(statefulSet("\"dropship/pin\": \"3\"", 2, "app-new"), namespace);
    assertThat(own.target()).contains(new Rootfs("other", "3"));
    assertThat(own.policy()).isEqualTo(Policy.PINNED);
    var excluded = Map.of("dropship/rollout", "excluded");
    assertThat(member(statefulSet("", 2, "app-new"), excluded).policy()).isEqualTo(Policy.EXCLUDED);
    assertThat(
            member(statefulSet("\"dropship/stack\": \"other\"", 2, "app-new"), Map.of()).target())
        .contains(new Rootfs("other", "7"));
  }

  @Test
  void isUnderWayUntilKubernetesSaysThatAllInstancesAreUpdated() throws JsonProcessingException {
    assertThat(progress(statefulSet("", 2, "app-old"))).isEqualTo(new Progress.Rolling());
  }

  @Test
  void whatKubernetesSaysOfTheTimeBeforeIsNotBelieved() throws JsonProcessingException {
    var running = "\"imageID\": \"r/cloudfoundry/g@sha256:" + "a".repeat(64) + "\"";
    var unobserved = statefulSet("", 1, "app-new");
    assertThat(progress(unobserved, pod("app-new", running))).isEqualTo(new Progress.Rolling());
  }

  @Test
  void anInstanceThatRunsAnotherImageThanItWasGivenIsAFailure() throws JsonProcessingException {
    var digest = "r/cloudfoundry/g@sha256:" + "a".repeat(64);
    var settled = statefulSet("", 2, "app-new");
    assertThat(progress(settled, pod("app-new", "\"imageID\": \"" + digest + "\"")))
        .isEqualTo(new Progress.Failed("app-1 runs " + digest + " instead of " + NEW));
    assertThat(progress(settled, pod("app-new", "\"imageID\": \"x/g@" + NEW + "\"")))
        .isNotInstanceOf(Progress.Failed.class);
    assertThat(progress(settled, pod("app-new", "\"imageID\": \"sha256:" + "a".repeat(64) + "\"")))
        .as("some report the configuration's digest")
        .isNotInstanceOf(Progress.Failed.class);
    assertThat(progress(settled, pod("app-new", "\"imageID\": \"\"")))
        .isNotInstanceOf(Progress.Failed.class);
  }

  @Test
  void anUpdatedInstanceThatIsStuckIsAFailureAtOnce() throws JsonProcessingException {
    var stuck = "\"state\": {\"waiting\": {\"reason\": \"CrashLoopBackOff\", \"message\": \"m\"}}";
    var half = statefulSet("", 2, "app-old");
    assertThat(progress(half, pod("app-new", stuck)))
        .isEqualTo(new Progress.Failed("app-1: CrashLoopBackOff: m"));
    assertThat(progress(half, pod("app-old", stuck))).isEqualTo(new Progress.Rolling());
    var starting = "\"state\": {\"waiting\": {\"reason\": \"ContainerCreating\"}}";
    assertThat(progress(half, pod("app-new", starting))).isEqualTo(new Progress.Rolling());
  }

  @Test
  void anInstanceOfBeforeThatIsStillThereKeepsItUnderWay() throws JsonProcessingException {
    assertThat(
            member(statefulSet("", 2, "app-new"), Map.of(), pod("app-old", "\"imageID\": \"\""))
                .settled())
        .isFalse();
    assertThat(
            member(statefulSet("", 2, "app-new"), Map.of(), pod("app-new", "\"imageID\": \"\""))
                .settled())
        .isTrue();
  }

  @Test
  void instancesAreReadyWhenTheySaySoThoughTheControllerDoesNotKnowItYet()
      throws JsonProcessingException {
    var serving = member(statefulSet("", 2, "app-old"), Map.of(), ready("app-old"));
    assertThat(serving.ready()).isEqualTo(1);
    assertThat(serving.servesNobody()).as("so that it costs nothing to move it").isFalse();
    var updated = statefulSet("", 2, "app-old");
    assertThat(progress(updated, ready("app-new"), ready("app-new")))
        .isEqualTo(new Progress.Settled());
    assertThat(progress(updated, ready("app-new"), ready("app-old")))
        .isEqualTo(new Progress.Rolling());
  }

  @Test
  void knowsSinceWhenTheAppLetsKubernetesWait() throws JsonProcessingException {
    var starting = pod("app-new", "\"imageID\": \"\"");
    var half = statefulSet("", 2, "app-old");
    assertThat(member(half, Map.of(), ready("app-new"), starting).startedAt())
        .contains(Instant.parse("2026-01-01T00:00:07Z"));
    assertThat(member(half, Map.of(), ready("app-new"), ready("app-old")).startedAt()).isEmpty();
    assertThat(member(half, Map.of(), pod("app-old", "\"imageID\": \"\"")).startedAt()).isEmpty();
  }
}
