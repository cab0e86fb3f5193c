package dropship.scheduler.kubernetes;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dropship.scheduler.lrp.ProcessGuid;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
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
 * undone by older news; the informer itself does not know of it, so that it tells of our changes as
 * of all others when the news of them come.
 */
public final class Cached<T extends Watched<?, ?>> implements ItemStore<T> {
  /** The news of what we do are there long before. */
  private static final Duration REMEMBER = Duration.ofMinutes(10);

  /** As the informer knows it. */
  private final Map<String, T> watched = new ConcurrentHashMap<>();

  /** As it is shown, together with the next. */
  private final Map<String, T> byKey = new ConcurrentHashMap<>();

  private final Map<ProcessGuid, Map<String, T>> byId = new ConcurrentHashMap<>();

  /** Written by us, and not seen by the informer yet. */
  private final Cache<String, T> unseen =
      Caffeine.newBuilder().expireAfterWrite(REMEMBER).removalListener(this::forgotten).build();

  private final Cache<String, Boolean> deleted =
      Caffeine.newBuilder().expireAfterWrite(REMEMBER).build();

  /** All that belong to an LRP, by namespace and name. */
  public Collection<T> of(ProcessGuid id) {
    return byId.getOrDefault(id, Map.of()).values();
  }

  /** The one of an LRP, of those that it can have one of. */
  public Optional<T> oneOf(ProcessGuid id) {
    return of(id).stream().findFirst();
  }

  /** The one of that namespace and name. */
  public Optional<T> named(String key) {
    return Optional.ofNullable(byKey.get(key));
  }

  /** Everything; may change while it is gone through. */
  public Collection<T> all() {
    return Collections.unmodifiableCollection(byKey.values());
  }

  /** Changes an object in Kubernetes; the change is shown from then on. */
  public T patch(KubernetesClient client, T object, PatchType type, String patch) {
    @SuppressWarnings("unchecked") // of an object of that very class
    var kind = (Class<T>) object.getClass();
    var answer =
        client
            .resources(kind)
            .inNamespace(object.getMetadata().getNamespace())
            .withName(object.getMetadata().getName())
            .patch(PatchContext.of(type), patch);
    written(answer);
    return answer;
  }

  /** Takes over what a server has answered to a write. */
  public synchronized void written(T now) {
    var key = getKey(now);
    var shown = byKey.get(key);
    if (!isDeleted(now) && (shown == null || !isOlder(now, shown))) {
      unseen.put(key, now);
      show(key, now);
    }
  }

  /** Forgets what has just been deleted, also if news from before that come later. */
  synchronized void deleted(T gone) {
    deleted.put(uid(gone), true);
    var key = getKey(gone);
    var shown = byKey.get(key);
    if (shown != null && uid(shown).equals(uid(gone))) {
      unseen.invalidate(key);
      hide(key);
    }
  }

  @Override
  public String getKey(T object) {
    return object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
  }

  /** Answers what the informer knew before. */
  @Override
  public synchronized @Nullable T put(String key, T now) {
    var ours = unseen.getIfPresent(key);
    if (!isDeleted(now) && (ours == null || !isOlder(now, ours))) {
      unseen.invalidate(key);
      show(key, now);
    }
    return watched.put(key, now);
  }

  @Override
  public synchronized @Nullable T remove(String key) {
    var gone = watched.remove(key);
    var ours = unseen.getIfPresent(key);
    // What went may have been followed already by one of the same name, which is ours.
    if (ours == null || (gone != null && uid(gone).equals(uid(ours)))) {
      unseen.invalidate(key);
      hide(key);
    }
    return gone;
  }

  private void show(String key, T now) {
    var before = byKey.put(key, now);
    if (before != null && !before.id().equals(now.id())) {
      unindex(key, before);
    }
    now.id()
        .ifPresent(
            id -> byId.computeIfAbsent(id, none -> new ConcurrentHashMap<>(2)).put(key, now));
  }

  private void hide(String key) {
    var gone = byKey.remove(key);
    if (gone != null) {
      unindex(key, gone);
    }
  }

  private void unindex(String key, T gone) {
    gone.id()
        .ifPresent(id ->
            byId.computeIfPresent(
                id,
                (same, all) -> {
                  all.remove(key);
                  return all.isEmpty() ? null : all;
                }));
  }

  /** What was never heard of in so long is as the informer says. */
  private synchronized void forgotten(@Nullable String key, @Nullable T ours, RemovalCause cause) {
    if (cause.wasEvicted() && key != null && unseen.getIfPresent(key) == null) {
      var seen = watched.get(key);
      if (seen == null || isDeleted(seen)) {
        hide(key);
      } else {
        show(key, seen);
      }
    }
  }

  private boolean isDeleted(T object) {
    return deleted.getIfPresent(uid(object)) != null;
  }

  private String uid(T object) {
    return object.getMetadata().getUid();
  }

  /**
   * Versions grow: since 1.35 Kubernetes promises it, and all it has ever been kept in did so
   * before.
   */
  private boolean isOlder(T one, T other) {
    try {
      return Long.parseLong(one.getMetadata().getResourceVersion())
          < Long.parseLong(other.getMetadata().getResourceVersion());
    } catch (NumberFormatException notNumbers) {
      return false;
    }
  }

  @Override
  public Stream<String> keySet() {
    return watched.keySet().stream();
  }

  @Override
  public Stream<T> values() {
    return watched.values().stream();
  }

  @Override
  public int size() {
    return watched.size();
  }

  /** As the informer knows it, which for what we have written is {@link #named} only later. */
  @Override
  public @Nullable T get(String key) {
    return watched.get(key);
  }
}
