package dropship.scheduler.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.scheduler.image.Rootfs;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NotesTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void areReadAsTheyWereWritten() {
    var notes =
        new Notes(
            Optional.of(new Pause(Pause.By.ROLLOUT, "ns/app: not ready", NOW, "s=2")),
            List.of(new Acknowledged("ns/app", "s/2"), new Acknowledged("ns/b", "s/1")),
            List.of(new Rootfs("s", "2")),
            "the registry does not answer");
    assertThat(Notes.from(notes.toData())).isEqualTo(notes);
    assertThat(Notes.from(Notes.NONE.toData())).isEqualTo(Notes.NONE);
  }

  @Test
  void aPersonMayWriteThemByHand() {
    var notes = Notes.from(Map.of("paused", "yes", "acknowledged", "nonsense\n\nns/a s/1"));
    assertThat(notes.pause()).map(Pause::by).contains(Pause.By.PERSON);
    assertThat(notes.acknowledged()).containsExactly(new Acknowledged("ns/a", "s/1"));
  }

  @Test
  void aPauseOfThePersonsHoldsForAllAndOursForWhatWasActive() {
    assertThat(new Pause(Pause.By.PERSON, "", NOW, "s=1").holdsFor("s=2")).isTrue();
    assertThat(new Pause(Pause.By.ROLLOUT, "", NOW, "s=1").holdsFor("s=2")).isFalse();
    assertThat(new Pause(Pause.By.ROLLOUT, "", NOW, "s=1").holdsFor("s=1")).isTrue();
  }

  @Test
  void doNotGrowForEver() {
    var failed =
        IntStream.range(0, 2000).mapToObj(i -> new Acknowledged("ns/app-" + i, "s/1")).toList();
    assertThat(Notes.NONE.resumed(failed).acknowledged())
        .hasSize(1000)
        .contains(new Acknowledged("ns/app-1999", "s/1"));
  }
}
