package dropship.scheduler.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dropship.scheduler.lrp.Instance;
import dropship.scheduler.lrp.Instance.State;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstancesTest {
  private static final KubernetesSerialization JSON =
      new KubernetesSerialization(new ObjectMapper(), false);

  private static final String RUNNING = "{running: {startedAt: '2026-01-02T03:04:06Z'}}";
  private static final String UNSCHEDULABLE =
      "{type: PodScheduled, status: 'False', reason: Unschedulable, message: '%s'}";

  private static WatchedPod pod(String yaml) {
    return JSON.unmarshal(yaml, WatchedPod.class);
  }

  private static WatchedPod pod(String name, String status) {
    return pod(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: apps, creationTimestamp: '2026-01-01T00:00:00Z'}
        status: %s
        """
            .formatted(name, status));
  }

  private static Instance instance(String status) {
    var instances = Instances.of(List.of(pod("dora-0123456789-3", status)));
    assertThat(instances).hasSize(1);
    return instances.getFirst();
  }

  private static String status(String phase, String... containers) {
    return "{phase: %s, startTime: '2026-01-02T03:04:05Z', containerStatuses: %s}"
        .formatted(phase, Arrays.toString(containers));
  }

  private static String container(boolean ready, String state) {
    return "{name: opi, ready: %s, restartCount: 0, state: %s}".formatted(ready, state);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Pending | false | {waiting: {reason: ErrImagePull}}         | CRASHED",
        "Pending | false | {waiting: {reason: ImagePullBackOff}}     | CRASHED",
        "Pending | false | {waiting: {reason: ContainerCreating}}    | CLAIMED",
        "Pending | false | {waiting: {}}                             | CLAIMED",
        "Pending | false | {}                                        | CLAIMED",
        "Failed  | false | {terminated: {exitCode: 1}}               | CRASHED",
        "Running | true  | {running: {}}                             | RUNNING",
        "Running | false | {running: {}}                             | CLAIMED",
        "Running | false | {waiting: {reason: CrashLoopBackOff}}     | CRASHED",
        "Running | false | {terminated: {exitCode: 0}}               | CRASHED",
        "Succeeded | false | {terminated: {exitCode: 0}}             | CRASHED",
        "Unknown | true  | {running: {}}                             | UNKNOWN",
        "New     | true  | {running: {}}                             | UNKNOWN",
      })
  void aPodIsAnInstanceInOneOfFiveStates(
      String phase, boolean ready, String state, Instance.State expected) {
    var instance = instance(status(phase, container(ready, state)));
    assertThat(instance.state()).isEqualTo(expected);
    assertThat(instance.index()).isEqualTo(3);
    assertThat(instance.placementError()).isEmpty();
    assertThat(instance.since()).isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
  }

  @Test
  void aPodWithoutContainersHasNoPlaceYetOrIsUnknown() {
    assertThat(instance("{phase: Pending}").state()).isEqualTo(State.CLAIMED);
    assertThat(instance("{phase: Running}").state()).isEqualTo(State.UNKNOWN);
    assertThat(instance("{phase: Failed}").state()).isEqualTo(State.CRASHED);
    assertThat(instance("{}").state()).isEqualTo(State.UNKNOWN);
  }

  @Test
  void anEvictedPodHasCrashed() {
    assertThat(instance("{phase: Failed, reason: Evicted, message: 'low on memory'}").state())
        .isEqualTo(State.CRASHED);
  }

  @Test
  void allContainersCount() {
    var well = container(true, RUNNING);
    assertThat(instance(status("Running", well, well)).state()).isEqualTo(State.RUNNING);
    assertThat(instance(status("Running", well, container(false, RUNNING))).state())
        .isEqualTo(State.CLAIMED);
    assertThat(instance(status("Running", well, container(false, "{waiting: {}}"))).state())
        .isEqualTo(State.CRASHED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0/3 nodes are available: 3 Insufficient memory.                     | memory",
        "0/3 nodes are available: 1 Insufficient cpu, 2 Insufficient memory. | memory",
        "0/3 nodes are available: 3 Insufficient ephemeral-storage.          | disk",
        "0/3 nodes are available: 3 Insufficient cpu.                        | cpu",
      })
  void whatFindsNoPlaceSaysWhatThereIsTooLittleOf(String message, String resource) {
    var instance =
        instance("{phase: Pending, conditions: [" + UNSCHEDULABLE.formatted(message) + "]}");
    assertThat(instance.state()).isEqualTo(State.UNCLAIMED);
    assertThat(instance.placementError()).contains("Insufficient resources: " + resource);
  }

  @Test
  void whatFindsNoPlaceForAnotherReasonIsOnItsWay() {
    var elsewhere = UNSCHEDULABLE.formatted("0/3 nodes are available: 3 had a taint.");
    for (var condition :
        List.of(
            elsewhere,
            "{type: PodScheduled, status: 'False', reason: Unschedulable}",
            "{type: PodScheduled, status: 'False', reason: SchedulerError, message: 'Insufficient"
                + " memory'}",
            "{type: PodScheduled, status: 'False', message: 'Insufficient memory'}",
            "{type: PodScheduled, status: 'True'}")) {
      var instance = instance("{phase: Pending, conditions: [" + condition + "]}");
      assertThat(instance.state()).as(condition).isEqualTo(State.CLAIMED);
      assertThat(instance.placementError()).isEmpty();
    }
  }

  @Test
  void whatHasNotStartedIsThereSinceItWasMade() {
    assertThat(instance("{phase: Pending}").since())
        .isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
  }

  @Test
  void whatIsOnItsWayOutIsNoInstance() {
    var leaving = pod("dora-0", status("Running", container(true, RUNNING)));
    leaving.getMetadata().setDeletionTimestamp("2026-01-02T03:04:05Z");
    assertThat(Instances.of(List.of(leaving))).isEmpty();
  }

  @Test
  void theyAreInTheOrderOfTheirNumbersAndOthersAreLeftOut() {
    var status = status("Running", container(true, RUNNING));
    var pods =
        List.of(
            pod("a-b-0123456789-10", status),
            pod("a-b-0123456789-9", status),
            pod("a-b-0123456789-0", status),
            pod("a-b-xyz", status),
            pod("a-99999999999", status));
    assertThat(Instances.of(pods)).extracting(Instance::index).containsExactly(0, 9, 10);
  }
}
