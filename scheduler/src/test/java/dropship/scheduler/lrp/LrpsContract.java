package dropship.scheduler.lrp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What everything that keeps LRPs running promises. */
public abstract class LrpsContract {
  private static final Route ROUTE = new Route("b.example.com/v1", 9090);

  private final ProcessGuid id = SampleLrps.newId();

  protected abstract Lrps lrps();

  private Lrps desired(int instances) throws Exception {
    var lrps = lrps();
    lrps.desire(SampleLrps.lrp(id, instances));
    return lrps;
  }

  @Test
  public void showsAtOnceWhatWasDesired() throws Exception {
    var lrps = desired(2);

    var found = lrps.find(id).orElseThrow();
    assertThat(found.id()).isEqualTo(id);
    assertThat(found.instances()).isEqualTo(2);
    assertThat(found.routes()).containsExactly(new Route("a.example.com", 8080));
    assertThat(found.lastUpdated()).isEqualTo("1529064800.9");
    assertThat(found.image()).contains("droplet");
    assertThat(lrps.list()).contains(new SchedulingInfo(id, "1529064800.9"));
  }

  @Test
  public void leavesWhatIsThereAsItIs() throws Exception {
    var lrps = desired(2);

    lrps.desire(SampleLrps.lrp(id, 5));

    assertThat(lrps.find(id).orElseThrow().instances()).isEqualTo(2);
  }

  @Test
  public void keepsVersionsOfAProcessApart() throws Exception {
    var lrps = desired(1);
    var next = new ProcessGuid(id.guid(), SampleLrps.newId().version());
    lrps.desire(SampleLrps.lrp(next, 3));

    lrps.stop(id);

    assertThat(lrps.find(id)).isEmpty();
    assertThat(lrps.find(next).orElseThrow().instances()).isEqualTo(3);
  }

  @Test
  public void changesWhatAnUpdateSays() throws Exception {
    var lrps = desired(2);
    var image = lrps.find(id).orElseThrow().image();

    lrps.update(id, new LrpUpdate(3, List.of(ROUTE), " 1529064801.250 "));

    assertThat(lrps.find(id))
        .contains(new DesiredLrp(id, 3, List.of(ROUTE), " 1529064801.250 ", image));
    lrps.update(id, new LrpUpdate(0, List.of(), ""));
    assertThat(lrps.find(id)).contains(new DesiredLrp(id, 0, List.of(), "", image));
    assertThat(lrps.instances(id)).isEmpty();
  }

  @Test
  public void updatesNothingThatIsNotThere() {
    assertThatThrownBy(() -> lrps().update(id, new LrpUpdate(1, List.of(), "")))
        .isInstanceOf(LrpUnknown.class);
  }

  @Test
  public void forgetsAtOnceWhatIsStopped() throws Exception {
    var lrps = desired(1);

    lrps.stop(id);

    assertThat(lrps.find(id)).isEmpty();
    assertThat(lrps.list()).extracting(SchedulingInfo::id).doesNotContain(id);
    assertThatThrownBy(() -> lrps.instances(id)).isInstanceOf(LrpUnknown.class);
    lrps.stop(id);
    lrps.stopInstance(id, 0);
  }

  @Test
  public void refusesToStopAnInstanceThatAnLrpHasNot() throws Exception {
    var lrps = desired(2);

    lrps.stopInstance(id, 1);
    assertThatThrownBy(() -> lrps.stopInstance(id, 2)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> lrps.stopInstance(id, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
