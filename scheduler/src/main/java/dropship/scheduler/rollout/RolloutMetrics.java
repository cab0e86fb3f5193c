package dropship.scheduler.rollout;

import dropship.scheduler.rollout.RolloutStatus.State;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How far the roll-out has come, as the replica that leads shows it; the others show nothing. */
public final class RolloutMetrics {
  private final MultiGauge lrps;
  private final MultiGauge states;
  private volatile int unavailable;
  private volatile int paused;

  public RolloutMetrics(MeterRegistry registry) {
    this.lrps =
        MultiGauge.builder("dropship.lrps")
            .description("LRPs by the root file system that they are made of")
            .register(registry);
    this.states =
        MultiGauge.builder("dropship.rollout.lrps")
            .description("LRPs by how far the roll-out has come with them")
            .register(registry);
    Gauge.builder("dropship.rollout.unavailable.instances", () -> unavailable)
        .description("instances that are not ready in LRPs that are being moved")
        .register(registry);
    Gauge.builder("dropship.rollout.paused", () -> paused)
        .description("1 while no LRP is moved")
        .register(registry);
  }

  void show(RolloutStatus status) {
    var versions = new ArrayList<Row<Number>>();
    status
        .versions()
        .forEach((stack, counts) ->
            counts.forEach((version, count) ->
                versions.add(Row.of(Tags.of("stack", stack, "version", version), count))));
    lrps.register(versions, true);
    var counts = new ArrayList<Row<Number>>();
    for (var state : State.values()) {
      counts.add(
          Row.of(Tags.of("state", state.name().toLowerCase(Locale.ROOT)), status.count(state)));
    }
    states.register(counts, true);
    unavailable = status.unavailable();
    paused = status.pause().isPresent() ? 1 : 0;
  }

  void clear() {
    lrps.register(List.<Row<Number>>of(), true);
    states.register(List.<Row<Number>>of(), true);
    unavailable = 0;
    paused = 0;
  }
}
