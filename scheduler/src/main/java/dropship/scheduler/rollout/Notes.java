package dropship.scheduler.rollout;

import dropship.scheduler.image.Rootfs;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What cannot be read from the LRPs: what people have decided, and what they should know. Kept in a
 * ConfigMap; if that is lost, a roll-out goes on and pauses again where it has to.
 *
 * @param acknowledged failures that a person has gone on from, the latest last
 * @param prePulled what all nodes have been given in advance, the latest last
 * @param trouble what keeps LRPs waiting; empty if nothing does
 */
record Notes(
    Optional<Pause> pause,
    List<Acknowledged> acknowledged,
    List<Rootfs> prePulled,
    String trouble) {
  static final Notes NONE = new Notes(Optional.empty(), List.of(), List.of(), "");

  private static final int MOST_ACKNOWLEDGED = 1000;
  private static final int MOST_PRE_PULLED = 8;

  Notes {
    acknowledged = last(acknowledged, MOST_ACKNOWLEDGED);
    prePulled = last(prePulled, MOST_PRE_PULLED);
  }

  private static <T> List<T> last(List<T> all, int most) {
    return List.copyOf(all.subList(Math.max(0, all.size() - most), all.size()));
  }

  Notes paused(Pause now) {
    return new Notes(Optional.of(now), acknowledged, prePulled, trouble);
  }

  Notes goingOn() {
    return new Notes(Optional.empty(), acknowledged, prePulled, trouble);
  }

  /** Goes on without the LRPs that have failed. */
  Notes resumed(List<Acknowledged> failed) {
    var all = Stream.concat(acknowledged.stream(), failed.stream()).distinct().toList();
    return new Notes(Optional.empty(), all, prePulled, trouble);
  }

  Notes withPrePulled(Rootfs rootfs) {
    var all = new ArrayList<>(prePulled);
    all.remove(rootfs);
    all.add(rootfs);
    return new Notes(pause, acknowledged, all, trouble);
  }

  Notes withTrouble(String now) {
    return new Notes(pause, acknowledged, prePulled, now);
  }

  Map<String, String> toData() {
    var data = new HashMap<String, String>();
    pause.ifPresent(now -> {
      data.put("paused", now.by().name().toLowerCase(Locale.ROOT));
      data.put("reason", now.reason());
      data.put("since", now.since().toString());
      data.put("rootfs", now.rootfs());
    });
    data.put(
        "acknowledged",
        acknowledged.stream()
            .map(one -> one.key() + " " + one.rootfs())
            .collect(Collectors.joining("\n")));
    data.put(
        "prePulled", prePulled.stream().map(Rootfs::toString).collect(Collectors.joining("\n")));
    data.put("trouble", trouble);
    return data;
  }

  /** Reads what a person may have written too: what makes no sense is not there. */
  static Notes from(Map<String, String> data) {
    return new Notes(
        pauseIn(data),
        lines(data, "acknowledged")
            .map(line -> line.split(" ", 2))
            .filter(words -> words.length == 2)
            .map(words -> new Acknowledged(words[0], words[1]))
            .toList(),
        lines(data, "prePulled").map(Rootfs::parse).flatMap(Optional::stream).toList(),
        data.getOrDefault("trouble", ""));
  }

  private static Optional<Pause> pauseIn(Map<String, String> data) {
    var by = data.getOrDefault("paused", "");
    if (by.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Pause(
            by.equals("rollout") ? Pause.By.ROLLOUT : Pause.By.PERSON,
            data.getOrDefault("reason", ""),
            instant(data.getOrDefault("since", "")),
            data.getOrDefault("rootfs", "")));
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException unknown) {
      return Instant.EPOCH;
    }
  }

  private static Stream<String> lines(Map<String, String> data, String name) {
    return data.getOrDefault(name, "").lines().filter(line -> !line.isBlank());
  }
}
