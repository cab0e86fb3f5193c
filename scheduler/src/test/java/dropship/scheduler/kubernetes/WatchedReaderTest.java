package dropship.scheduler.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WatchedReaderTest {
  private final KubernetesSerialization json =
      new KubernetesSerialization(WatchedReader.mapper(), false);

  @ParameterizedTest
  @CsvSource({
    "apps/v1, StatefulSet, WatchedStatefulSet",
    "v1, Pod, WatchedPod",
    "batch/v1, Job, WatchedJob"
  })
  void readsAnObjectOfAWatchAsTheSmallThingItIs(String version, String kind, String type) {
    var object =
        (HasMetadata)
            event(
                """
                {"kind": "%s", "apiVersion": "%s", "metadata": {"name": "a", "managedFields": [
                    {"manager": "x", "operation": "Update"}]}, "spec": {"replicas": 3, "other": {"a": []}}, "status": {}}
                """
                    .formatted(kind, version));

    assertThat(object.getClass().getSimpleName()).isEqualTo(type);
    assertThat(object.getMetadata().getName()).isEqualTo("a");
    assertThat(object.getMetadata().getManagedFields()).isEmpty();
    assertThat(object.getKind()).isEqualTo(kind);
    assertThat(object.getApiVersion()).isEqualTo(version);
  }

  @Test
  void keepsOfLabelsAndAnnotationsWhatIsLookedAt() {
    var object =
        (WatchedStatefulSet)
            event(
                """
                {"kind": "StatefulSet", "apiVersion": "apps/v1", "metadata": {
                    "labels": {"other": "1", "dropship/pin": "2", "odd": {"a": ["b"]}, "dropship/stack": null},
                    "annotations": {"dropship/rootfs": "s/1", "other": "2"}, "name": "a"}}
                """);

    assertThat(object.getMetadata().getLabels()).isEqualTo(Map.of("dropship/pin", "2"));
    assertThat(object.getMetadata().getAnnotations()).isEqualTo(Map.of("dropship/rootfs", "s/1"));
    assertThat(object.getMetadata().getName()).isEqualTo("a");
    assertThatThrownBy(() -> object.label("other")).hasMessageContaining("other is not read");
  }

  @Test
  void findsTheKindWhereverItIs() {
    var object =
        (WatchedStatefulSet)
            event(
                """
                {"spec": {"replicas": 3}, "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "a"}}
                """);

    assertThat(object.replicas()).isEqualTo(3);
  }

  @Test
  void readsThatNewsAreTooOld() {
    var object = event("{\"kind\": \"Status\", \"apiVersion\": \"v1\", \"code\": 410}");

    assertThat(object)
        .isInstanceOfSatisfying(
            Status.class, status -> assertThat(status.getCode()).isEqualTo(410));
  }

  private Object event(String object) {
    return json.unmarshal(
            "{\"type\": \"MODIFIED\", \"object\": %s}".formatted(object), WatchEvent.class)
        .getObject();
  }
}
