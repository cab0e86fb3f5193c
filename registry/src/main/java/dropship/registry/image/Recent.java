package dropship.registry.image;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future.State;
import java.util.function.BiFunction;

/**
 * What the store has said lately, in memory. An answer counts for two seconds, so that no other
 * server's change is missed for long; after one the store is asked again while it still counts, so
 * that nobody waits for what is asked for all the time. However many ask, the store is asked once.
 * Absence is not remembered: what is not there may come at any time.
 */
final class Recent<K, V> {
  private static final int IN_MEMORY = 50_000;
  private static final Duration NEW = Duration.ofSeconds(1);
  private static final Duration OLD = Duration.ofSeconds(2);

  private final Vertx vertx;
  private final BiFunction<K, Optional<V>, Future<Optional<V>>> ask;
  private final AsyncCache<K, Answer<V>> answers =
      Caffeine.newBuilder().maximumSize(IN_MEMORY).buildAsync();

  private final Set<K> renewing = ConcurrentHashMap.newKeySet();

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
    if (known.filter(Recent::isUsable).isPresent()) {
      if (!isYoungerThan(NEW, known.get())) {
        renew(key, known.get());
      }
      return known.get();
    }
    return answers
        .asMap()
        .compute(key, (same, now) -> now != null && isUsable(now) ? now : ask(key, known));
  }

  /** One that is forgotten meanwhile stays forgotten. */
  private void renew(K key, CompletableFuture<Answer<V>> known) {
    if (renewing.add(key)) {
      var _ =
          ask(key, Optional.of(known))
              .thenAccept(answer -> {
                if (answer.value.isPresent()) {
                  answers.asMap().replace(key, known, CompletableFuture.completedFuture(answer));
                } else {
                  answers.asMap().remove(key, known);
                }
              })
              .whenComplete((done, failed) -> renewing.remove(key));
    }
  }

  private static <V> boolean isUsable(CompletableFuture<Answer<V>> known) {
    return isYoungerThan(OLD, known);
  }

  private static <V> boolean isYoungerThan(Duration age, CompletableFuture<Answer<V>> known) {
    return switch (known.state()) {
      case RUNNING -> true;
      case SUCCESS -> System.nanoTime() - known.resultNow().askedAt < age.toNanos();
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
