package dropship.scheduler.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.scheduler.lrp.ProcessGuid;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import org.junit.jupiter.api.Test;

class CachedTest {
  private static final ProcessGuid ID = new ProcessGuid("guid", "version");
  private static final String KEY = "apps/dora";

  private final Cached<WatchedPod> cached = new Cached<>();

  private static WatchedPod pod(String uid, long version) {
    return pod(uid, version, "guid");
  }

  private static WatchedPod pod(String uid, long version, String guid) {
    var pod = new WatchedPod();
    pod.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("apps")
            .withName("dora")
            .withUid(uid)
            .withResourceVersion(Long.toString(version))
            .addToLabels(Labels.GUID, guid)
            .addToLabels(Labels.VERSION, "version")
            .build());
    return pod;
  }

  private void shows(String uid, long version) {
    assertThat(cached.all()).hasSize(1);
    assertThat(cached.of(ID)).hasSize(1);
    var metadata = cached.oneOf(ID).orElseThrow().getMetadata();
    assertThat(metadata.getUid() + metadata.getResourceVersion()).isEqualTo(uid + version);
    assertThat(cached.named(KEY)).containsSame(cached.oneOf(ID).orElseThrow());
  }

  private void showsNothing() {
    assertThat(cached.all()).isEmpty();
    assertThat(cached.named(KEY)).isEmpty();
    assertThat(cached.of(ID)).isEmpty();
  }

  @Test
  void showsWhatTheInformerSaysEvenIfItGoesBack() {
    cached.put(KEY, pod("a", 2));
    shows("a", 2);
    cached.put(KEY, pod("a", 3));
    shows("a", 3);
    cached.put(KEY, pod("a", 1)); // from a backup
    shows("a", 1);
    cached.remove(KEY);
    showsNothing();
  }

  @Test
  void whatIsWrittenIsShownUntilNewerNewsCome() {
    cached.put(KEY, pod("a", 1));
    cached.written(pod("a", 3));
    cached.put(KEY, pod("a", 2));
    shows("a", 3);
    cached.put(KEY, pod("a", 4));
    shows("a", 4);
    cached.written(pod("a", 3)); // an answer that took long
    shows("a", 4);
  }

  @Test
  void theInformerKnowsOnlyWhatItHasSaid() {
    cached.written(pod("a", 1));
    assertThat(cached.size()).isZero();
    assertThat(cached.get(KEY)).isNull();
    assertThat(cached.put(KEY, pod("a", 1))).isNull(); // so it tells of something new
    cached.deleted(pod("a", 1));
    assertThat(cached.remove(KEY)).isNotNull(); // so it tells that it has gone
    assertThat(cached.remove(KEY)).isNull();
  }

  @Test
  void whatIsDeletedStaysSo() {
    cached.put(KEY, pod("a", 1));
    cached.deleted(pod("a", 1));
    showsNothing();
    cached.put(KEY, pod("a", 2));
    cached.written(pod("a", 3));
    showsNothing();
    cached.put(KEY, pod("b", 4)); // somebody else has made it again
    shows("b", 4);
  }

  @Test
  void theEndOfWhatWasBeforeIsNotTheEndOfWhatHasItsNameNow() {
    cached.put(KEY, pod("a", 1));
    cached.deleted(pod("a", 1));
    cached.written(pod("b", 3));
    cached.put(KEY, pod("a", 2));
    shows("b", 3);
    cached.remove(KEY);
    shows("b", 3);
    cached.put(KEY, pod("b", 3));
    cached.remove(KEY);
    showsNothing();
  }

  @Test
  void aDeletionThatIsSaidLateDeletesNothingElse() {
    cached.put(KEY, pod("b", 2));
    cached.deleted(pod("a", 1));
    shows("b", 2);
  }

  @Test
  void whatChangesItsLabelsIsFoundByThoseItHas() {
    cached.put(KEY, pod("a", 1, "other"));
    assertThat(cached.of(ID)).isEmpty();
    cached.put(KEY, pod("a", 2));
    shows("a", 2);
    assertThat(cached.of(new ProcessGuid("other", "version"))).isEmpty();
    cached.put(KEY, pod("a", 3, "")); // taken out of its LRP
    assertThat(cached.of(ID)).isEmpty();
    assertThat(cached.all()).hasSize(1);
  }
}
