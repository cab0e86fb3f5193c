package dropship.scheduler.kubernetes;

import static dropship.scheduler.kubernetes.KubernetesFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.scheduler.lrp.ProcessGuid;
import dropship.scheduler.lrp.SchedulingInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterTest {
  private static final String STATEFUL_SETS = "/apis/apps/v1/namespaces/apps/statefulsets";

  private KubernetesFixture fixture;
  private InMemoryKubernetes kubernetes;

  @BeforeEach
  void make(@TempDir Path directory) throws IOException {
    fixture = new KubernetesFixture(directory, KubernetesFixture.ONE_NAMESPACE);
    kubernetes = fixture.kubernetes;
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private void statefulSets(int count, String sourceType) {
    kubernetes.asController(objects -> {
      objects.create(
          ResourcePath.of("/api/v1", "namespaces", "", ""),
          InMemoryKubernetes.object("v1", "Namespace", "", "apps"));
      for (int i = 0; i < count; i++) {
        var name = sourceType.toLowerCase(Locale.ROOT) + "-" + i;
        var one = InMemoryKubernetes.object("apps/v1", "StatefulSet", "apps", name);
        one.withObject("/metadata/labels")
            .put(Labels.GUID, name)
            .put(Labels.VERSION, "version")
            .put(Labels.SOURCE_TYPE, sourceType);
        one.withObject("/spec").put("replicas", 1);
        objects.create(ResourcePath.of("/apis/apps/v1", "statefulsets", "apps", ""), one);
      }
    });
  }

  @Test
  void nothingIsKnownBeforeEverythingHasBeenListed() {
    statefulSets(1_200, "APP");
    statefulSets(3, "OTHER");
    kubernetes.delay("GET .*statefulsets", Duration.ofMillis(500));
    fixture.cluster.start();
    int refused = 0;
    while (!fixture.cluster.isSynced()) {
      try {
        // Whatever is answered is all there is.
        assertThat(fixture.lrps.list()).hasSize(1_200);
      } catch (IOException notYet) {
        assertThat(notYet).hasMessageContaining("not known yet");
        refused++;
      }
    }
    assertThat(refused).isPositive();
    assertThat(listed()).hasSize(1_200);
    assertThat(kubernetes.requests("GET " + STATEFUL_SETS)).isEqualTo(3);
    assertThat(kubernetes.requests())
        .filteredOn(each -> each.startsWith("GET " + STATEFUL_SETS))
        .allMatch(each -> each.contains("limit=500"));
  }

  private Collection<SchedulingInfo> listed() {
    try {
      return fixture.lrps.list();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatCannotBeListedIsNoEmptyList() {
    statefulSets(1, "APP");
    kubernetes.fail("GET .*/statefulsets", 403, "Forbidden", Integer.MAX_VALUE);
    fixture.cluster.start();
    eventually(() -> kubernetes.requests("GET " + STATEFUL_SETS) > 1);
    assertThat(fixture.cluster.isSynced()).isFalse();
    var id = new ProcessGuid("app-0", "version");
    assertThatThrownBy(() -> fixture.lrps.list()).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> fixture.lrps.find(id)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> fixture.lrps.instances(id)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> fixture.lrps.stop(id)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> fixture.tasks.list()).isInstanceOf(IOException.class);
    kubernetes.heal();
    eventually(fixture.cluster::isSynced);
    assertThat(listed()).hasSize(1);
  }

  @Test
  void podsThatCannotBeListedKeepEverythingBack() {
    kubernetes.fail("GET .*/pods", 500, "InternalError", Integer.MAX_VALUE);
    fixture.cluster.start();
    eventually(() -> kubernetes.watches().count("statefulsets") == 1);
    assertThat(fixture.cluster.isSynced()).isFalse();
    kubernetes.heal();
    eventually(fixture.cluster::isSynced);
  }

  @Test
  void kubernetesMayComeAfterTheScheduler() {
    statefulSets(2, "APP");
    kubernetes.goAway();
    fixture.cluster.start();
    assertThat(fixture.cluster.isSynced()).isFalse();
    kubernetes.comeBack();
    eventually(fixture.cluster::isSynced);
    assertThat(listed()).hasSize(2);
  }

  @Test
  void aPageThatHasExpiredIsNoPartOfAList() {
    statefulSets(1_200, "APP");
    kubernetes.failIf(request -> request.query().contains("continue="), 410, "Expired", 1);
    fixture.cluster.start();
    eventually(fixture.cluster::isSynced);
    assertThat(listed()).hasSize(1_200);
  }

  @Test
  void aListThatBreaksOffWhenItIsMadeAnewLosesNothing() {
    statefulSets(1_200, "APP");
    fixture.start();
    kubernetes.failIf(request -> request.query().contains("continue="), 500, "InternalError", 6);
    kubernetes.objects().compact();
    kubernetes.watches().drop();
    for (int i = 0; i < 100; i++) {
      assertThat(listed()).hasSize(1_200);
      LockSupport.parkNanos(10_000_000);
    }
    fixture.watched();
    assertThat(listed()).hasSize(1_200);
  }
}
