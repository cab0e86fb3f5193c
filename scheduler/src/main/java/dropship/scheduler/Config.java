package dropship.scheduler;

import dropship.blobstore.log.Logs;
import dropship.blobstore.server.HttpLimits;
import dropship.blobstore.server.Shutdown;
import dropship.blobstore.server.Surface;
import dropship.blobstore.settings.Settings;
import dropship.scheduler.kubernetes.LrpSettings;
import dropship.scheduler.kubernetes.NamespaceSettings;
import dropship.scheduler.kubernetes.NetworkSettings;
import dropship.scheduler.peer.Login;
import dropship.scheduler.peer.PeerTls;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Everything that can be configured. Read once, with all problems reported together.
 *
 * @param opi Cloud Controller's side
 * @param ops for what watches over the scheduler
 * @param cloudController who is told of crashes; empty if nobody is
 */
record Config(
    Surface opi,
    Surface ops,
    Registry registry,
    Kubernetes kubernetes,
    Optional<CloudController> cloudController,
    LrpSettings lrps,
    NetworkSettings network,
    Rollout rollout,
    HttpLimits http,
    Shutdown shutdown,
    Logs logs) {

  private static final Pattern URL = Pattern.compile("https?://[^?#\\s@]+");
  private static final String URL_EXPECTED = "a URL such as https://registry.example.com:5000";
  private static final Pattern ADDRESS = Pattern.compile("[A-Za-z0-9.-]+(:\\d{1,5})?");
  private static final Pattern WORD = Pattern.compile("\\S+");
  private static final Pattern OBJECT = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
  private static final Pattern CIDR = Pattern.compile("[0-9a-fA-F:.]+/\\d{1,3}");
  private static final Pattern LABELS = Pattern.compile("[\\w./-]+=[\\w.-]*(,[\\w./-]+=[\\w.-]*)*");
  private static final String LABELS_EXPECTED =
      "labels such as app.kubernetes.io/component=router, separated by commas";
  private static final int MOST_AT_ONCE = 10_000;

  /** What the start script and the client commands read. */
  private static final Set<String> OTHER_VARIABLES =
      Set.of(
          "DROPSHIP_JAVA_HOME",
          "DROPSHIP_JAVA_OPTIONS",
          "DROPSHIP_DIRECT_MEMORY",
          "DROPSHIP_SERVER",
          "DROPSHIP_USER",
          "DROPSHIP_PASSWORD_FILE",
          "DROPSHIP_CA",
          "DROPSHIP_CERTIFICATE",
          "DROPSHIP_KEY");

  /**
   * Where images come from.
   *
   * @param api where root file systems are asked for
   * @param address what nodes pull from, as it is in the names of images
   * @param url where images are asked for by us
   * @param tls whom to trust there
   * @param login who we are there
   * @param pullSecret by which nodes log in
   */
  record Registry(
      URI api, String address, URI url, PeerTls tls, Optional<Login> login, String pullSecret) {
    static Registry from(Settings registry) {
      var api =
          urlIn(registry.about("where root file systems are asked for: the registry's api"), "api");
      var address =
          registry
              .about("what nodes pull from, as it is in the names of images")
              .text(
                  "address",
                  ADDRESS,
                  "a host name, with or without a port, such as registry.example.com:5000");
      var url =
          registry
              .about("where the scheduler itself reaches what nodes pull from")
              .text("url", URL, URL_EXPECTED, "https:// and the address")
              .map(URI::create)
              .or(() -> parsed("https://" + address))
              .orElse(api);
      return new Registry(
          api,
          address,
          url,
          new PeerTls(
              registry
                  .about(
                      "certificates of authorities, if the registry's is from none that all know")
                  .file("ca", "what Java trusts"),
              Optional.empty(),
              Optional.empty()),
          loginIn(registry),
          registry
              .about(
                  "the secret, of type kubernetes.io/dockerconfigjson, by which nodes log in to"
                      + " the registry")
              .text("pullSecret", "registry-pull", OBJECT, "the name of a secret"));
    }

    private static Optional<Login> loginIn(Settings registry) {
      var user =
          registry
              .about("who the scheduler is there: needs the actions admin and pull")
              .text("user", WORD, "a name", "nobody");
      var password =
          registry
              .about("a file with the password and nothing else")
              .file("passwordFile", "no password");
      return areBoth(registry, "user", user, "passwordFile", password)
          ? Optional.of(new Login(user.orElseThrow(), password.orElseThrow()))
          : Optional.empty();
    }
  }

  /**
   * Where LRPs and tasks run.
   *
   * @param namespace a name; one for each space if {@code {space}} is in it
   * @param kubeconfig how to reach it; empty for the cluster that we run in
   * @param systemNamespace where our own objects are; empty for the one that we run in
   */
  record Kubernetes(String namespace, Optional<Path> kubeconfig, Optional<String> systemNamespace) {
    private static final Pattern NAMESPACE =
        Pattern.compile("(?=.)([a-z0-9]([a-z0-9-]*))?(\\{space}(-?[a-z0-9][a-z0-9-]*)?)?(?<!-)");
    private static final int LONGEST = 63;
    private static final int GUID = 36;

    static Kubernetes from(Settings kubernetes) {
      var namespace =
          kubernetes
              .about(
                  "where apps and tasks run; with {space} in it, each space has a namespace of its"
                      + " own, by its guid")
              .text("namespace", NAMESPACE, "a name such as cf-workloads or cf-{space}");
      int length = namespace.replace(NamespaceSettings.SPACE, "x".repeat(GUID)).length();
      if (length > LONGEST) {
        kubernetes.problem(
            "namespace", "expected at most 63 characters, of which 36 are for {space}");
      }
      return new Kubernetes(
          namespace,
          kubernetes
              .about("how to reach Kubernetes")
              .file("kubeconfig", "the cluster that the scheduler runs in"),
          kubernetes
              .about("where the scheduler's own objects are, such as its leases")
              .text(
                  "systemNamespace",
                  OBJECT,
                  "a name",
                  "the one that the scheduler runs in, else default"));
    }
  }

  /**
   * Who is told of crashes.
   *
   * @param tls whom to trust there, and what we show of ourselves
   */
  record CloudController(URI endpoint, PeerTls tls) {
    static CloudController from(Settings controller) {
      var endpoint =
          urlIn(
              controller.about(
                  "where Cloud Controller is told of crashes; without it, it is not told"),
              "endpoint");
      var tls = controller.section("tls");
      var ca =
          tls.about("certificates of authorities, if its own is from none that all know")
              .file("ca", "what Java trusts");
      var certificate =
          tls.about("the certificate that is shown to it").file("certificate", "none is shown");
      var key = tls.about("its key").file("key", "none is shown");
      boolean pair = areBoth(tls, "certificate", certificate, "key", key);
      return new CloudController(
          endpoint,
          pair
              ? new PeerTls(ca, certificate, key)
              : new PeerTls(ca, Optional.empty(), Optional.empty()));
    }
  }

  /**
   * How running apps move to another root file system.
   *
   * @param concurrentApps how many at once
   * @param readyTimeout how long an instance may take until it is ready on it
   * @param prePull whether nodes have its layers first
   */
  record Rollout(int concurrentApps, Duration readyTimeout, boolean prePull) {
    static Rollout from(Settings rollout) {
      return new Rollout(
          Math.clamp(
              rollout
                  .about("how many apps move to another root file system at once")
                  .count("concurrentApps", 10),
              1,
              MOST_AT_ONCE),
          rollout
              .about("how long an instance may take until it is ready there; then all others wait")
              .duration("readyTimeout", Duration.ofMinutes(5)),
          rollout
              .about("whether all nodes pull the root file system before the first app moves")
              .flag("prePull", false));
    }
  }

  private static LrpSettings lrpsFrom(Settings settings, String pullSecret) {
    var lrps = settings.section("lrps");
    var tasks = settings.section("tasks");
    return new LrpSettings(
        pullSecret,
        mebibytes(
            lrps.about("the disk of apps that say nothing of it, and of tasks"), "disk", 2048),
        lrps.about(
                "how long an instance that is to end still serves, so that routes to it go first")
            .duration("drain", Duration.ofSeconds(5)),
        lrps.about("how long it may then take to end by itself")
            .duration("grace", Duration.ofSeconds(10)),
        mebibytes(
            tasks.about("the memory of a task, which has processors in proportion"),
            "memory",
            1024),
        tasks
            .about("how long what is left of it is kept after its result has been reported")
            .duration("ttl", Duration.ofSeconds(5)));
  }

  private static NetworkSettings networkFrom(Settings policies) {
    var router = policies.section("router");
    return new NetworkSettings(
        policies
            .about(
                "whether each namespace of apps has policies: apps reach neither one another nor"
                    + " Kubernetes, and are reached by the router alone")
            .flag("enabled", true),
        labels(
            router
                .about("the labels of the namespace whose pods may reach apps")
                .text("namespace", "app.kubernetes.io/component=router", LABELS, LABELS_EXPECTED)),
        router
            .about("the labels of those pods")
            .text("pods", LABELS, LABELS_EXPECTED, "all pods there")
            .map(Config::labels)
            .orElse(Map.of()),
        policies
            .about("addresses that apps cannot reach, besides those of Kubernetes")
            .texts(
                "blockedEgress",
                List.of("169.254.169.254/32"),
                CIDR,
                "addresses such as 10.0.0.0/8"));
  }

  private static Map<String, String> labels(String text) {
    return Arrays.stream(text.split(","))
        .map(label -> label.split("=", 2))
        .collect(Collectors.toMap(label -> label[0], label -> label[1], (first, same) -> same));
  }

  /** Reads a configuration file, over which environment variables have precedence. */
  static Config read(Path file, Map<String, String> environment) {
    return from(Settings.read(file, environment));
  }

  static Config from(Settings settings) {
    var opi = Surface.withCertificatesFrom(settings, "opi");
    var ops = Surface.openFrom(settings, "ops");
    var registry = Registry.from(settings.section("registry"));
    var config =
        new Config(
            opi,
            ops,
            registry,
            Kubernetes.from(settings.section("kubernetes")),
            settings.section("cloudController", "endpoint").map(CloudController::from),
            lrpsFrom(settings, registry.pullSecret),
            networkFrom(settings.section("networkPolicies")),
            Rollout.from(settings.section("rollout")),
            HttpLimits.from(settings.section("limits")),
            Shutdown.from(settings),
            Logs.from(settings));
    if (opi.listen().equals(ops.listen()) && opi.listen().port() != 0) {
      settings.section("ops").problem("listen", "expected another address than opi.listen");
    }
    settings.rejectProblems();
    return config;
  }

  /** Variables that look as if they were to replace a key, but replace none. */
  static List<String> mistakenVariables(Settings settings) {
    return settings.unknownVariables().stream()
        .filter(name -> !OTHER_VARIABLES.contains(name))
        .toList();
  }

  private static int mebibytes(Settings section, String key, int absent) {
    return Math.toIntExact(
        Math.clamp(section.size(key, (long) absent << 20) >> 20, 1L, (long) Integer.MAX_VALUE));
  }

  /** Harmless where there is none, which is a problem. */
  private static URI urlIn(Settings section, String key) {
    var text = section.text(key, URL, URL_EXPECTED);
    var url = parsed(text);
    if (url.isEmpty() && !text.isEmpty()) {
      section.problem(key, "expected " + URL_EXPECTED);
    }
    return url.orElse(URI.create("https://localhost"));
  }

  private static Optional<URI> parsed(String text) {
    try {
      return Optional.of(URI.create(text)).filter(url -> url.getHost() != null);
    } catch (IllegalArgumentException notAUrl) {
      return Optional.empty();
    }
  }

  /** Of two keys that are of no use without one another. */
  private static boolean areBoth(
      Settings section, String first, Optional<?> one, String second, Optional<?> other) {
    if (section.has(first) != section.has(second)) {
      boolean firstIsThere = section.has(first);
      section.problem(
          firstIsThere ? second : first, "expected with " + (firstIsThere ? first : second));
    }
    return one.isPresent() && other.isPresent();
  }
}
