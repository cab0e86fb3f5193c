package dropship.blobstore.server;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dropship.blobstore.content.Digest;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps passwords from being guessed quickly: after a few failures, attempts from the same place
 * are answered one after another, ever more slowly. How long an attempt waits is the same whether
 * it is right or wrong, or the wait would tell.
 *
 * <p>Two kinds of attempts never wait, so that others at the same address (nodes behind an ingress,
 * say) come to no harm: right ones of a user who has logged in from there before, and wrong ones
 * that have been answered there before, as by a client whose password is out of date. The latter
 * are no guesses, and do not count.
 *
 * <p>What is remembered is bounded in number and in time, and lost when the server ends.
 */
final class Attempts {
  private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

  /** The longest anybody waits, and when to come back for those who would wait longer. */
  static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  /** Each is a connection and a request, which is memory. */
  static final int MOST_WAITING = 256;

  private static final int FREE_FAILURES = 5;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration BETWEEN_LOG_LINES = Duration.ofMinutes(1);
  private static final Duration UNTIL_FORGIVEN = Duration.ofMinutes(10);
  private static final Duration TRUST = Duration.ofHours(12);
  private static final Duration RENEWAL = Duration.ofMinutes(30);
  private static final int MOST = 10_000;
  private static final int LONGEST_NAME = 40;
  private static final Optional<Duration> AT_ONCE = Optional.of(Duration.ZERO);

  private final LongSupplier nanoTime;
  private final AtomicInteger waiting = new AtomicInteger();
  private final Cache<String, Place> places;
  private final Cache<Client, Long> trusted;
  private final Cache<Mistake, Boolean> mistakes;

  /**
   * Somebody tries to log in.
   *
   * @param place where from, as {@link #placeOf} has it
   * @param user who it is, if the credentials are right
   */
  record Attempt(String place, Credentials credentials, Optional<User> user) {
    boolean isRight() {
      return user.isPresent();
    }
  }

  private record Client(String place, String user) {
    static Client of(Attempt attempt) {
      return new Client(attempt.place, attempt.credentials.name());
    }
  }

  private record Mistake(String place, Digest credentials) {
    static Mistake of(Attempt attempt) {
      return new Mistake(attempt.place, attempt.credentials.digest());
    }
  }

  /** What has come from one place lately. */
  private static final class Place {
    private int failures;
    private long nextTurn;
    private long nextLogLine;

    Place(long now) {
      nextTurn = now;
      nextLogLine = now;
    }

    /** How long until the next turn, which is taken; empty if that would be too long. */
    synchronized Optional<Duration> takeTurn(long now, boolean isRight, boolean mayWait) {
      long wait = Math.max(0, nextTurn - now);
      if (wait > LONGEST_WAIT.toNanos() || (wait > 0 && !mayWait)) {
        return Optional.empty();
      }
      if (!isRight) {
        failures++;
      }
      nextTurn = now + wait + pauseAfter(failures);
      return Optional.of(Duration.ofNanos(wait));
    }

    private static long pauseAfter(int failures) {
      if (failures < FREE_FAILURES) {
        return 0;
      }
      int doublings = Math.min(failures - FREE_FAILURES, 10);
      return Math.min(FIRST_PAUSE.toNanos() << doublings, LONGEST_PAUSE.toNanos());
    }

    synchronized boolean mayLog(long now) {
      boolean may = now - nextLogLine >= 0;
      if (may) {
        nextLogLine = now + BETWEEN_LOG_LINES.toNanos();
      }
      return may;
    }
  }

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  Attempts(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.places = cache().expireAfterAccess(UNTIL_FORGIVEN).build();
    this.mistakes = cache().expireAfterAccess(UNTIL_FORGIVEN).build();
    this.trusted = cache().expireAfterWrite(TRUST).build();
  }

  private Caffeine<Object, Object> cache() {
    return Caffeine.newBuilder().maximumSize(MOST).ticker(nanoTime::getAsLong);
  }

  /**
   * How long the answer has to wait; empty if the attempt is one too many, and must not be answered
   * by whether it is right. Whoever has waited, or given up, is {@link #gone}.
   */
  Optional<Duration> waitFor(Attempt attempt) {
    long now = nanoTime.getAsLong();
    if (attempt.isRight() && trustedSince(Client.of(attempt)).isPresent()) {
      return AT_ONCE;
    }
    var place = places.get(attempt.place, unknown -> new Place(now));
    if (!attempt.isRight() && place.mayLog(now)) {
      LOG.warn("{} cannot log in as '{}'", attempt.place, printable(attempt.credentials.name()));
    }
    if (mistakes.getIfPresent(Mistake.of(attempt)) != null) {
      return AT_ONCE;
    }
    var wait = place.takeTurn(now, attempt.isRight(), waiting.get() < MOST_WAITING);
    if (wait.isPresent() && !wait.get().isZero()) {
      waiting.incrementAndGet();
    }
    return wait;
  }

  /** An attempt waits no longer. */
  void gone() {
    waiting.decrementAndGet();
  }

  /** The client has learnt whether it was right. */
  void answered(Attempt attempt) {
    if (attempt.isRight()) {
      trust(Client.of(attempt));
    } else {
      mistakes.put(Mistake.of(attempt), true);
    }
  }

  private void trust(Client client) {
    long now = nanoTime.getAsLong();
    var since = trustedSince(client);
    if (since.isEmpty() || now - since.get() > RENEWAL.toNanos()) {
      trusted.put(client, now);
    }
  }

  /** Every request asks, on every event loop: a look-up that is noted down would cost too much. */
  private Optional<Long> trustedSince(Client client) {
    return Optional.ofNullable(trusted.policy().getIfPresentQuietly(client));
  }

  /**
   * What counts as one place: an IPv4 address, or the IPv6 network that one customer has, of 64
   * bits.
   */
  static String placeOf(String address) {
    if (address.indexOf(':') < 0) {
      return address;
    }
    var literal = address.contains("%") ? address.substring(0, address.indexOf('%')) : address;
    var parsed = InetAddress.ofLiteral(literal); // IPv4 where it is only written as IPv6
    if (!(parsed instanceof Inet6Address)) {
      return parsed.getHostAddress();
    }
    var groups = Arrays.asList(parsed.getHostAddress().split(":"));
    return String.join(":", groups.subList(0, 4)) + "::/64";
  }

  /** Names come from anybody, and logs go to terminals. */
  private static String printable(String name) {
    var start = name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) + "..." : name;
    return start.replaceAll("[^ -~]", "?");
  }
}
