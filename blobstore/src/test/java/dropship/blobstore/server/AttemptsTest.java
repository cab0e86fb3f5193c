package dropship.blobstore.server;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.server.Attempts.Attempt;
import dropship.blobstore.server.User.Action;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Time stands still here, unless a test moves it. */
class AttemptsTest {
  private static final String HERE = "192.0.2.1";
  private static final String ELSEWHERE = "192.0.2.2";
  private static final User PULL = new User("pull", Set.of(Action.PULL));
  private static final Optional<Duration> AT_ONCE = Optional.of(Duration.ZERO);

  private long now = Long.MAX_VALUE - Duration.ofSeconds(3).toNanos(); // nanoTime may overflow
  private final Attempts attempts = new Attempts(() -> now);
  private int guesses;

  private static Attempt wrong(String place, String name, String password) {
    return new Attempt(place, new Credentials(name, Users.hash(password)), Optional.empty());
  }

  private static Attempt right(String place) {
    return new Attempt(place, new Credentials("pull", Users.hash("right")), Optional.of(PULL));
  }

  /** A wrong password that has not been tried before, and is answered when its turn has come. */
  private Optional<Duration> guess(String place) {
    var attempt = wrong(place, "pull", "guess " + guesses++);
    var wait = attempts.waitFor(attempt);
    if (wait.isPresent()) {
      attempts.answered(attempt);
    }
    return wait;
  }

  private void guess(String place, int times) {
    for (int i = 0; i < times; i++) {
      assertThat(guess(place)).as("guess %d", i).isPresent();
    }
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }

  @Test
  void answersGuessesAtOneMomentOneAfterAnother() {
    var waits =
        Stream.generate(() -> guess(HERE))
            .limit(20)
            .map(wait -> wait.map(Duration::toMillis).orElse(-1L));

    assertThat(waits)
        .startsWith(0L, 0L, 0L, 0L, 0L, 100L, 300L, 700L, 1500L, 3100L, 6300L)
        .endsWith(-1L, -1L, -1L, -1L, -1L, -1L, -1L, -1L, -1L);
  }

  @Test
  void takesOneGuessInFiveSecondsInTheLongRun() {
    var first = now;
    int answered = 0;
    while (now - first < Duration.ofHours(1).toNanos()) {
      answered += guess(HERE).isPresent() ? 1 : 0;
      pass(Duration.ofMillis(10));
    }

    assertThat(answered).isBetween(3600 / 5, 3600 / 5 + 15);
  }

  @Test
  void letsNobodyWaitWhoComesAfterTheirTurn() {
    guess(HERE, 11);
    pass(Duration.ofMillis(11_300));

    assertThat(guess(HERE)).isEqualTo(AT_ONCE);
    assertThat(guess(HERE)).contains(Duration.ofSeconds(5));
  }

  @Test
  void takesNoTurnForWhoIsRefused() {
    guess(HERE, 11);
    for (int i = 0; i < 1000; i++) {
      assertThat(guess(HERE)).isEmpty();
    }
    pass(Duration.ofMillis(1300));

    assertThat(guess(HERE)).contains(Duration.ofSeconds(10));
  }

  @Test
  void letsRightAndWrongWaitAlike() {
    guess(HERE, 8);

    assertThat(attempts.waitFor(right(HERE))).contains(Duration.ofMillis(1500));
    assertThat(guess(HERE)).contains(Duration.ofMillis(1500 + 800));
    guess(HERE, 2);
    assertThat(attempts.waitFor(right(HERE))).isEmpty();
    assertThat(guess(HERE)).isEmpty();
  }

  @Test
  void forgetsFailuresAfterTenQuietMinutes() {
    guess(HERE, 11);
    pass(Duration.ofMinutes(9));
    guess(HERE, 1);
    assertThat(guess(HERE)).contains(Duration.ofSeconds(5));
    pass(Duration.ofMinutes(11));

    guess(HERE, 5);
    assertThat(guess(HERE)).contains(Duration.ofMillis(100));
  }

  @Test
  void letsNobodyElsewhereWait() {
    guess(HERE, 11);

    assertThat(guess(ELSEWHERE)).isEqualTo(AT_ONCE);
    assertThat(attempts.waitFor(right(ELSEWHERE))).isEqualTo(AT_ONCE);
  }

  @Test
  void neverLetsAUserWaitWhoHasLoggedInFromThereBefore() {
    attempts.answered(right(HERE));
    guess(HERE, 11);

    for (int i = 0; i < 1000; i++) {
      assertThat(attempts.waitFor(right(HERE))).isEqualTo(AT_ONCE);
      assertThat(guess(HERE)).isEmpty();
    }
  }

  @Test
  void trustsUntilTheUserHasStayedAwayForLong() {
    attempts.answered(right(HERE));
    for (int hour = 0; hour < 48; hour++) {
      pass(Duration.ofHours(1));
      attempts.answered(right(HERE));
    }
    pass(Duration.ofHours(11));
    guess(HERE, 11);
    assertThat(attempts.waitFor(right(HERE))).isEqualTo(AT_ONCE);

    pass(Duration.ofHours(1));
    guess(HERE, 11);
    assertThat(attempts.waitFor(right(HERE))).isEmpty();
  }

  @Test
  void trustsAUserAfterANewPasswordToo() {
    attempts.answered(right(HERE));
    guess(HERE, 11);

    var renewed = new Attempt(HERE, new Credentials("pull", Users.hash("new")), Optional.of(PULL));
    assertThat(attempts.waitFor(renewed)).isEqualTo(AT_ONCE);
  }

  @Test
  void trustsNobodyElseForIt() {
    attempts.answered(right(HERE));
    guess(HERE, 11);
    guess(ELSEWHERE, 11);
    var other =
        new Attempt(
            HERE,
            new Credentials("admin", Users.hash("right")),
            Optional.of(new User("admin", Set.of(Action.ADMIN))));

    assertThat(attempts.waitFor(other)).isEmpty();
    assertThat(attempts.waitFor(right(ELSEWHERE))).isEmpty();
  }

  @Test
  void forgivesNothingForARightPassword() {
    guess(HERE, 8);
    var wait = attempts.waitFor(right(HERE)).orElseThrow();
    pass(wait);
    attempts.answered(right(HERE));

    assertThat(guess(HERE)).contains(Duration.ofMillis(800));
  }

  @Test
  void takesTheSameWrongPasswordAgainForNoGuess() {
    for (int i = 0; i < 1000; i++) {
      var outdated = wrong(HERE, "pull", "last year's");
      assertThat(attempts.waitFor(outdated)).isEqualTo(AT_ONCE);
      attempts.answered(outdated);
    }

    assertThat(attempts.waitFor(right(HERE))).isEqualTo(AT_ONCE);
    guess(HERE, 4);
    assertThat(guess(HERE)).contains(Duration.ofMillis(100));
  }

  /** Or whoever sends each guess twice would know from the second answer. */
  @Test
  void takesTheSamePasswordForAGuessUntilTheFirstHasItsAnswer() {
    guess(HERE, 5);
    var twice = wrong(HERE, "pull", "twice");

    assertThat(attempts.waitFor(twice)).contains(Duration.ofMillis(100));
    assertThat(attempts.waitFor(twice)).contains(Duration.ofMillis(300));
    attempts.answered(twice);
    assertThat(attempts.waitFor(twice)).isEqualTo(AT_ONCE);
    assertThat(attempts.waitFor(wrong(HERE, "admin", "twice"))).contains(Duration.ofMillis(700));
    assertThat(attempts.waitFor(wrong(ELSEWHERE, "pull", "twice"))).isEqualTo(AT_ONCE);
  }

  @Test
  void letsSoManyWaitAndNoMore() {
    var places = IntStream.range(0, Attempts.MOST_WAITING + 1).mapToObj(i -> "place " + i).toList();
    places.forEach(place -> guess(place, 5));
    for (var place : places.subList(1, places.size())) {
      assertThat(guess(place)).contains(Duration.ofMillis(100));
    }

    assertThat(guess(places.getFirst())).isEmpty();
    assertThat(guess("a quiet place")).isEqualTo(AT_ONCE);
    attempts.gone();
    assertThat(guess(places.getFirst())).contains(Duration.ofMillis(100));
  }

  @Test
  void remembersSoManyPlacesAndNoMore() {
    int many = 50_000;
    for (int i = 0; i < many; i++) {
      guess("place " + i, 5);
    }

    int remembered = 0;
    for (int i = 0; i < many; i++) {
      remembered += guess("place " + i).equals(AT_ONCE) ? 0 : 1;
    }
    assertThat(remembered).isBetween(1, 15_000);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1,                           192.0.2.1",
    "0:0:0:0:0:ffff:c000:201,             192.0.2.1",
    "::ffff:192.0.2.1,                    192.0.2.1",
    "2001:db8:1:2:3:4:5:6,                2001:db8:1:2::/64",
    "2001:db8:1:2::,                      2001:db8:1:2::/64",
    "2001:db8:1:3:0:0:0:1,                2001:db8:1:3::/64",
    "0:0:0:0:0:0:0:1,                     0:0:0:0::/64",
    "fe80:0:0:0:1:2:3:4%no-such-network,  fe80:0:0:0::/64"
  })
  void takesAnAddressOrAnIpv6NetworkForOnePlace(String address, String place) {
    assertThat(Attempts.placeOf(address)).isEqualTo(place);
  }
}
