package dropship.scheduler.kubernetes;

import com.github.benmanes.caffeine.cache.CacheLoader;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import com.github.benmanes.caffeine.cache.Ticker;
import dropship.scheduler.lrp.App;
import dropship.scheduler.lrp.Lifecycle;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The namespaces of LRPs. What must be in one before an app is, is put there when it is first
 * needed: a login for kubelets, and the walls between apps.
 */
public final class Namespaces {
  private static final Logger LOG = LoggerFactory.getLogger(Namespaces.class);
  private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?");

  /** What is in them is looked at again so often: addresses and logins change. */
  private static final Duration ENSURED = Duration.ofMinutes(10);

  /** So many at least are prepared without waiting for one another. */
  private static final int SPACES = 1024;

  private static final Duration LABELS = Duration.ofSeconds(10);

  /** Pod Security Standards: our pods need no more than this allows. */
  private static final Map<String, String> NEW_LABELS =
      Map.of(
          Labels.MANAGED_BY,
          Labels.DROPSHIP,
          "pod-security.kubernetes.io/enforce",
          "restricted",
          "pod-security.kubernetes.io/audit",
          "restricted",
          "pod-security.kubernetes.io/warn",
          "restricted");

  private final KubernetesClient client;
  private final NamespaceSettings settings;
  private final LoadingCache<String, Boolean> ensured;
  private final AtomicReference<KnownLabels> labels =
      new AtomicReference<>(new KnownLabels(Map.of(), System.nanoTime()));

  private record KnownLabels(Map<String, Map<String, String>> of, long since) {
    boolean isOld() {
      return System.nanoTime() - since > LABELS.toNanos();
    }

    KnownLabels asOfNow() {
      return new KnownLabels(of, System.nanoTime());
    }
  }

  public Namespaces(KubernetesClient client, NamespaceSettings settings) {
    this(client, settings, Ticker.systemTicker());
  }

  Namespaces(KubernetesClient client, NamespaceSettings settings, Ticker ticker) {
    this.client = client;
    this.settings = settings;
    this.ensured =
        Caffeine.newBuilder()
            .initialCapacity(SPACES)
            .refreshAfterWrite(ENSURED)
            .ticker(ticker)
            .executor(Executors.newFixedThreadPool(2, Thread.ofVirtual().factory()))
            .build(new Preparing());
  }

  /** Puts into a namespace what must be there. */
  private final class Preparing implements CacheLoader<String, Boolean> {
    @Override
    public Boolean load(String namespace) throws IOException {
      create(namespace);
      pullSecret(namespace);
      policies(namespace);
      return true;
    }

    @Override
    public Boolean reload(String namespace, Boolean before) {
      try {
        return load(namespace);
      } catch (IOException | RuntimeException e) {
        LOG.warn("what is in namespace {} stays as it was: {}", namespace, e.getMessage());
        return before;
      }
    }
  }

  /**
   * Where an app is.
   *
   * @throws IllegalArgumentException if its space makes no name
   */
  String nameFor(App app) {
    if (!settings.isOnePerSpace()) {
      return settings.name();
    }
    var space = app.spaceGuid().toLowerCase(Locale.ROOT);
    var name = settings.name().replace(NamespaceSettings.SPACE, space);
    if (space.isEmpty() || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the space of app %s is '%s', expected a guid: '%s' names no namespace"
              .formatted(app.guid(), app.spaceGuid(), name));
    }
    return name;
  }

  /** Labels of a namespace, which may be some seconds old; none, if we may not read them. */
  public Map<String, String> labels(String namespace) throws IOException {
    var known = labels.get();
    // While one looks, the others go on with what is known.
    boolean looks = known.isOld() && labels.compareAndSet(known, known.asOfNow());
    if (looks || !known.of.containsKey(namespace)) {
      try {
        known = new KnownLabels(readLabels(), System.nanoTime());
      } catch (KubernetesClientException e) {
        if (!KubernetesFailure.isForbidden(e)) {
          labels.set(known);
          throw KubernetesFailure.of("reading the labels of namespaces", e);
        }
        LOG.debug("the labels of namespaces may not be read");
        known = new KnownLabels(Map.of(namespace, Map.of()), System.nanoTime());
      }
      labels.set(known);
    }
    return known.of.getOrDefault(namespace, Map.of());
  }

  private Map<String, Map<String, String>> readLabels() {
    var all =
        settings.isOnePerSpace()
            ? client.namespaces().list().getItems()
            : Stream.ofNullable(client.namespaces().withName(settings.name()).get()).toList();
    var read = new HashMap<String, Map<String, String>>();
    for (var namespace : all) {
      var of = namespace.getMetadata().getLabels();
      read.put(namespace.getMetadata().getName(), of == null ? Map.of() : Map.copyOf(of));
    }
    return read;
  }

  /**
   * Lets a namespace be there, with all that apps need. Whoever needs one that has been seen to
   * need not wait until it is looked at again.
   */
  public void ensure(String namespace) throws IOException {
    try {
      var _ = ensured.get(namespace);
    } catch (KubernetesClientException e) {
      throw KubernetesFailure.of("preparing namespace " + namespace, e);
    } catch (CompletionException e) {
      throw new IOException("preparing namespace " + namespace + ": " + e.getCause(), e.getCause());
    }
  }

  /** It may not be there any more: looks again when it is next needed. */
  void forget(String namespace) {
    ensured.invalidate(namespace);
  }

  /** One that is there is somebody else's, and stays as it is. */
  private void create(String name) {
    try {
      if (client.namespaces().withName(name).get() != null) {
        return;
      }
      client
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(name)
                  .withLabels(NEW_LABELS)
                  .endMetadata()
                  .build())
          .create();
      LOG.info("made namespace {}", name);
    } catch (KubernetesClientException e) {
      // Who may not even look has been given rights in a namespace that exists.
      if (!KubernetesFailure.isAlreadyThere(e) && !KubernetesFailure.isForbidden(e)) {
        throw e;
      }
    }
  }

  /** One that somebody else has put there stays as it is. */
  private void pullSecret(String namespace) throws IOException {
    if (namespace.equals(settings.system())) {
      return;
    }
    var existing = client.secrets().inNamespace(namespace).withName(settings.pullSecret()).get();
    if (existing == null || isOurs(existing)) {
      var wanted = wantedPullSecret(namespace);
      if (wanted.isPresent()) {
        client.resource(wanted.get()).createOr(there -> there.update());
      }
    }
  }

  private static boolean isOurs(Secret secret) {
    var labels = secret.getMetadata().getLabels();
    return labels != null && Labels.DROPSHIP.equals(labels.get(Labels.MANAGED_BY));
  }

  private Optional<Secret> wantedPullSecret(String namespace) throws IOException {
    var original = originalPullSecret();
    if (original != null) {
      return Optional.of(
          new SecretBuilder()
              .withNewMetadata()
              .withName(settings.pullSecret())
              .withNamespace(namespace)
              .addToLabels(Labels.MANAGED_BY, Labels.DROPSHIP)
              .endMetadata()
              .withType(original.getType())
              .withData(original.getData())
              .build());
    }
    if (settings.login().isEmpty()) {
      return Optional.empty(); // a registry that asks nobody who they are
    }
    var login = settings.login().get();
    LOG.warn(
        "there is no secret {} in namespace {} to copy: kubelets of namespace {} log in as {},"
            + " as the scheduler does",
        settings.pullSecret(),
        settings.system(),
        namespace,
        login.user());
    return Optional.of(
        PullSecrets.forRegistry(
            settings.pullSecret(),
            namespace,
            settings.registry(),
            new Lifecycle.Login(login.user(), Files.readString(login.passwordFile()).strip())));
  }

  private @Nullable Secret originalPullSecret() {
    try {
      return client.secrets().inNamespace(settings.system()).withName(settings.pullSecret()).get();
    } catch (KubernetesClientException e) {
      if (KubernetesFailure.isForbidden(e)) {
        LOG.warn("secret {}/{} may not be read", settings.system(), settings.pullSecret());
        return null;
      }
      throw e;
    }
  }

  private void policies(String namespace) {
    if (settings.network().enabled()) {
      for (var policy : NetworkPolicies.of(namespace, settings.network(), apiServers())) {
        client.resource(policy).createOr(there -> there.update());
      }
    }
  }

  /** Where Kubernetes' own API is, as pods could reach it. */
  private List<String> apiServers() {
    var addresses = new TreeSet<String>();
    var service = client.services().inNamespace("default").withName("kubernetes").get();
    if (service != null) {
      addresses.addAll(service.getSpec().getClusterIPs());
    }
    var slices =
        client
            .discovery()
            .v1()
            .endpointSlices()
            .inNamespace("default")
            .withLabel("kubernetes.io/service-name", "kubernetes")
            .list();
    slices
        .getItems()
        .forEach(slice ->
            slice.getEndpoints().forEach(endpoint -> addresses.addAll(endpoint.getAddresses())));
    return new ArrayList<>(addresses);
  }
}
