package dropship.scheduler.kubernetes;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dropship.scheduler.lrp.ProcessGuid;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an informer has seen, found by LRP. What we have written ourselves is seen at once, and not
 * undone by older news.
 */
public final class Cached<T extends Watched> implements ItemStore<T> {
  /** The news of a deletion are there long before. */
  private static final Duration REMEMBER_DELETED = Duration.ofMinutes(10);

  private final Map<String, T> byKey = new ConcurrentHashMap<>();
  private final Map<ProcessGuid, Map<String, T>> byId = new ConcurrentHashMap<>();
  private final Cache<String, Boolean> deleted =
      Caffeine.newBuilder().expireAfterWrite(REMEMBER_DELETED).build();

  /** All that belong to an LRP, by namespace and name. */
  public Collection<T> of(ProcessGuid id) {
    return byId.getOrDefault(id, Map.of()).values();
  }

  /** The one of an LRP, of those that it can have one of. */
  public Optional<T> oneOf(ProcessGuid id) {
    return of(id).stream().findFirst();
  }

  /** Everything; may change while it is gone through. */
  public Collection<T> all() {
    return Collections.unmodifiableCollection(byKey.values());
  }

  /** Takes over what a server has answered to a write. */
  public void written(T now) {
    put(getKey(now), now);
  }

  /** Forgets what has just been deleted, also if news from before that come later. */
  void deleted(T gone) {
    deleted.put(gone.getMetadata().getUid(), true);
    remove(getKey(gone));
  }

  @Override
  public String getKey(T object) {
    return object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
  }

  /** Answers what was there before, as the informer wants to know. */
  @Override
  public synchronized @Nullable T put(String key, T now) {
    if (deleted.getIfPresent(now.getMetadata().getUid()) != null) {
      return now; // nothing has changed
    }
    var before = byKey.get(key);
    if (before != null && isOlder(now, before)) {
      return before;
    }
    byKey.put(key, now);
    now.id()
        .ifPresent(
            id -> byId.computeIfAbsent(id, none -> new ConcurrentHashMap<>(2)).put(key, now));
    return before;
  }

  /**
   * Versions of one object grow: since 1.35 Kubernetes promises it, and all it has ever been kept
   * in did so before.
   */
  private boolean isOlder(T one, T other) {
    try {
      return one.getMetadata().getUid().equals(other.getMetadata().getUid())
          && Long.parseLong(one.getMetadata().getResourceVersion())
              < Long.parseLong(other.getMetadata().getResourceVersion());
    } catch (NumberFormatException notNumbers) {
      return false;
    }
  }

  @Override
  public synchronized @Nullable T remove(String key) {
    var gone = byKey.remove(key);
    if (gone != null) {
      gone.id()
          .ifPresent(id ->
              byId.computeIfPresent(
                  id,
                  (same, all) -> {
                    all.remove(key);
                    return all.isEmpty() ? null : all;
                  }));
    }
    return gone;
  }

  @Override
  public Stream<String> keySet() {
    return byKey.keySet().stream();
  }

  @Override
  public Stream<T> values() {
    return byKey.values().stream();
  }

  @Override
  public int size() {
    return byKey.size();
  }

  @Override
  public @Nullable T get(String key) {
    return byKey.get(key);
  }
}
