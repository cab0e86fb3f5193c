package dropship.registry.image;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future.State;
import java.util.function.BiFunction;

/**
 * What the store has said lately, in memory. An answer counts for a second, in which no other
 * server's change is missed for long; then the store is asked again, however many ask only once.
 * Absence is not remembered: what is not there may come at any time.
 */
final class Recent<K, V> {
  private static final int IN_MEMORY = 50_000;
  private static final long VALID_NANOS = Duration.ofSeconds(1).toNanos();

  private final Vertx vertx;
  private final BiFunction<K, Optional<V>, Future<Optional<V>>> ask;
  private final AsyncCache<K, Answer<V>> answers =
      Caffeine.newBuilder().maximumSize(IN_MEMORY).buildAsync();

  private record Answer<V>(Optional<V> value, long askedAt) {}

  /**
   * @param ask asks the store, given what it said before
   */
  Recent(Vertx vertx, BiFunction<K, Optional<V>, Future<Optional<V>>> ask) {
    this.vertx = vertx;
    this.ask = ask;
  }

  /** On the context it is asked for on, not where the answer was fetched for another. */
  Future<Optional<V>> get(K key) {
    var answer = current(key);
    return Future.fromCompletionStage(answer, vertx.getOrCreateContext())
        .map(Answer::value)
        .onSuccess(value -> {
          if (value.isEmpty()) {
            answers.asMap().remove(key, answer);
          }
        });
  }

  private CompletableFuture<Answer<V>> current(K key) {
    var known = Optional.ofNullable(answers.getIfPresent(key));
    return known.filter(Recent::isValid).isPresent()
        ? known.get()
        : answers
            .asMap()
            .compute(key, (same, now) -> now != null && isValid(now) ? now : ask(key, known));
  }

  private static <V> boolean isValid(CompletableFuture<Answer<V>> known) {
    return switch (known.state()) {
      case RUNNING -> true;
      case SUCCESS -> System.nanoTime() - known.resultNow().askedAt < VALID_NANOS;
      case FAILED, CANCELLED -> false;
    };
  }

  private CompletableFuture<Answer<V>> ask(K key, Optional<CompletableFuture<Answer<V>>> known) {
    long now = System.nanoTime();
    var before =
        known.filter(done -> done.state() == State.SUCCESS).flatMap(done -> done.resultNow().value);
    return ask.apply(key, before)
        .toCompletionStage()
        .thenApply(found -> new Answer<>(found, now))
        .toCompletableFuture();
  }

  /** What is known of {@code key} is no longer so. */
  void forget(K key) {
    answers.synchronous().invalidate(key);
  }
}
