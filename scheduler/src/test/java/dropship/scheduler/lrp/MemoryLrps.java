package dropship.scheduler.lrp;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** LRPs in memory, whose instances all run from the moment they are asked for. */
public final class MemoryLrps implements Lrps {
  private final Map<ProcessGuid, Running> running = new ConcurrentHashMap<>();
  private final Clock clock;
  private volatile Optional<IOException> outage = Optional.empty();

  private record Running(
      Lrp lrp, int count, List<Route> routes, String lastUpdated, List<Instance> instances) {
    DesiredLrp desired() {
      var image =
          switch (lrp.lifecycle()) {
            case Lifecycle.Buildpack droplet ->
                "registry.example.com/cloudfoundry/%s:%s"
                    .formatted(droplet.dropletGuid(), droplet.dropletHash());
            case Lifecycle.Docker docker -> docker.image();
          };
      return new DesiredLrp(lrp.id(), count, routes, lastUpdated, image);
    }
  }

  public MemoryLrps(Clock clock) {
    this.clock = clock;
  }

  /** From now on nothing can be done; for an empty failure, everything again. */
  public void fail(Optional<IOException> failure) {
    outage = failure;
  }

  /** As it was desired. */
  public Optional<Lrp> lrp(ProcessGuid id) {
    return Optional.ofNullable(running.get(id)).map(Running::lrp);
  }

  /** Lets an instance be in another state. */
  public void become(ProcessGuid id, Instance instance) {
    running.computeIfPresent(
        id,
        (same, now) -> {
          var instances = new ArrayList<>(now.instances);
          instances.set(instance.index(), instance);
          return new Running(now.lrp, now.count, now.routes, now.lastUpdated, instances);
        });
  }

  private void mustWork() throws IOException {
    if (outage.isPresent()) {
      throw outage.get();
    }
  }

  private Instance newInstance(int index) {
    return new Instance(index, clock.instant(), Instance.State.RUNNING, Optional.empty());
  }

  private List<Instance> scaled(List<Instance> instances, int count) {
    var scaled = new ArrayList<>(instances.subList(0, Math.min(count, instances.size())));
    while (scaled.size() < count) {
      scaled.add(newInstance(scaled.size()));
    }
    return scaled;
  }

  @Override
  public void desire(Lrp lrp) throws IOException {
    mustWork();
    running.computeIfAbsent(
        lrp.id(),
        id ->
            new Running(
                lrp,
                lrp.instances(),
                lrp.routes(),
                lrp.lastUpdated(),
                scaled(List.of(), lrp.instances())));
  }

  @Override
  public Collection<SchedulingInfo> list() throws IOException {
    mustWork();
    return running.values().stream()
        .map(each -> new SchedulingInfo(each.lrp.id(), each.lastUpdated))
        .toList();
  }

  @Override
  public Optional<DesiredLrp> find(ProcessGuid id) throws IOException {
    mustWork();
    return Optional.ofNullable(running.get(id)).map(Running::desired);
  }

  @Override
  public void update(ProcessGuid id, LrpUpdate update) throws IOException {
    mustWork();
    var updated =
        running.computeIfPresent(
            id,
            (same, now) ->
                new Running(
                    now.lrp,
                    update.instances(),
                    update.routes(),
                    update.lastUpdated(),
                    scaled(now.instances, update.instances())));
    if (updated == null) {
      throw new LrpUnknown(id);
    }
  }

  @Override
  public void stop(ProcessGuid id) throws IOException {
    mustWork();
    running.remove(id);
  }

  @Override
  public void stopInstance(ProcessGuid id, int index) throws IOException {
    mustWork();
    var lrp = running.get(id);
    if (lrp != null) {
      if (index < 0 || index >= lrp.count) {
        throw new IllegalArgumentException("there are %d instances".formatted(lrp.count));
      }
      become(id, newInstance(index));
    }
  }

  @Override
  public List<Instance> instances(ProcessGuid id) throws IOException {
    mustWork();
    var lrp = running.get(id);
    if (lrp == null) {
      throw new LrpUnknown(id);
    }
    return List.copyOf(lrp.instances);
  }
}
