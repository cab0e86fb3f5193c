package dropship.scheduler.rollout;

import dropship.scheduler.image.ActiveRootfs;
import dropship.scheduler.image.Registry;
import dropship.scheduler.image.Rootfs;
import dropship.scheduler.kubernetes.Cluster;
import dropship.scheduler.kubernetes.Namespaces;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The roll-out as all replicas know it: how far it has come, and what people decide about it. One
 * of them, the leader, carries it on: {@link RolloutLoop}. Methods block.
 */
public final class Rollout {
  private static final Logger LOG = LoggerFactory.getLogger(Rollout.class);

  private final Cluster cluster;
  private final Members members;
  private final Registry registry;
  private final NotesMap notes;
  private final RolloutSettings settings;
  private final InstantSource clock;

  public Rollout(
      KubernetesClient client,
      Cluster cluster,
      Namespaces namespaces,
      Registry registry,
      RolloutSettings settings,
      InstantSource clock) {
    this.cluster = cluster;
    this.members = new Members(cluster, namespaces);
    this.registry = registry;
    this.notes = new NotesMap(client, settings.namespace());
    this.settings = settings;
    this.clock = clock;
  }

  /** What there is to be decided about, all of one moment. */
  record Situation(ActiveRootfs active, Notes notes, List<Member> members) {}

  Situation situation() throws IOException {
    cluster.requireSynced();
    var active = registry.rootfs();
    return new Situation(active, notes.read(), members.all(active));
  }

  RolloutStatus status() throws IOException {
    return status(situation());
  }

  RolloutStatus status(Situation now) {
    return RolloutStatus.of(
        now.members, now.active, now.notes, settings.readyTimeout(), clock.instant());
  }

  NotesMap notes() {
    return notes;
  }

  /** Moves nothing more, whatever is activated, until a person says so. */
  void pause(String reason) throws IOException {
    var active = registry.rootfs().toString();
    notes.update(
        before -> before.paused(new Pause(Pause.By.PERSON, reason, clock.instant(), active)));
    LOG.info("the roll-out is paused by a person: {}", reason);
  }

  /** Goes on without the LRPs that have failed. */
  void resume() throws IOException {
    var now = situation();
    var failed =
        now.members.stream()
            .filter(member ->
                member.progress(clock.instant(), settings.readyTimeout())
                    instanceof Member.Progress.Failed)
            .map(member ->
                new Acknowledged(member.key(), member.at().map(Rootfs::toString).orElse("")))
            .toList();
    notes.update(before -> before.resumed(failed));
    LOG.info(
        "the roll-out is resumed by a person; {} LRPs that have failed stay behind", failed.size());
  }

  /**
   * Activates the version that was active before, so that all go back to it.
   *
   * @param stack empty for the default stack
   * @throws NoSuchElementException if there was none
   */
  Rootfs undo(Optional<String> stack) throws IOException {
    var active = registry.rootfs();
    var name = stack.orElse(active.defaultStack());
    var previous =
        active
            .previousOf(name)
            .map(version -> new Rootfs(name, version))
            .orElseThrow(
                () -> new NoSuchElementException("no version of " + name + " was active before"));
    registry.activate(previous);
    notes.update(before ->
        before.pause().filter(pause -> pause.by() == Pause.By.ROLLOUT).isPresent()
            ? before.goingOn()
            : before);
    LOG.info("the roll-out is undone: {} is active again", previous);
    return previous;
  }
}
