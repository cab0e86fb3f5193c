package dropship.scheduler.kubernetes;

import dropship.scheduler.lrp.App;
import dropship.scheduler.lrp.HealthCheck;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.Lrp;
import dropship.scheduler.lrp.Resources;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The container that an app or a task runs in. The same LRP always gives the same container: if one
 * differed from the one before, writing it would restart the app.
 */
public final class AppContainer {
  /** Metrics, logs and extensions look for an app's container by this name. */
  public static final String NAME = "opi";

  /** The same of a task's. */
  public static final String TASK_NAME = "opi-task";

  /** The user {@code vcap} of our images, by number, as Kubernetes cannot look up names. */
  static final long VCAP = 2000;

  private static final String LAUNCH = "/lifecycle/launch";
  private static final Logger LOG = LoggerFactory.getLogger(AppContainer.class);

  /** Kubernetes before 1.34 refuses a whole object for one name that is not like this. */
  private static final Pattern VARIABLE =
      Pattern.compile("(?!\\.$|\\.\\.)[-._a-zA-Z][-._a-zA-Z0-9]*");

  private static final Pattern EXPANDED = Pattern.compile("\\$+(?=\\()|\\${2,}");
  private static final int MILLICORES_PER_WEIGHT = 10;
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final int PROBE_TIMEOUT = 1;
  private static final int STARTUP_PERIOD = 2;
  private static final int READINESS_PERIOD = 5;
  private static final int LIVENESS_FAILURES = 4;

  private AppContainer() {}

  /** Of an instance that serves. */
  static Container of(Lrp lrp, String image, LrpSettings settings) {
    var container =
        common(NAME, lrp.lifecycle(), image)
            .withEnv(environment(lrp))
            .withPorts(lrp.ports().stream().map(AppContainer::port).toList())
            .withVolumeMounts(lrp.volumeMounts().stream().map(AppContainer::mount).toList())
            .withResources(resources(lrp.resources(), settings.diskMb()));
    if (settings.drain().isPositive()) {
      container
          .withNewLifecycle()
          .withNewPreStop()
          .withNewSleep(settings.drain().toSeconds())
          .endPreStop()
          .endLifecycle();
    }
    if (lrp.healthCheck().type() != HealthCheck.Type.PROCESS && !lrp.ports().isEmpty()) {
      container
          .withStartupProbe(
              probe(lrp)
                  .withPeriodSeconds(STARTUP_PERIOD)
                  .withFailureThreshold(
                      Math.toIntExact(
                          Math.ceilDiv(startTimeout(lrp).toMillis(), STARTUP_PERIOD * 1000L)))
                  .build())
          .withLivenessProbe(probe(lrp).withFailureThreshold(LIVENESS_FAILURES).build())
          .withReadinessProbe(
              probe(lrp).withPeriodSeconds(READINESS_PERIOD).withFailureThreshold(1).build());
    }
    return container.build();
  }

  /** Of a task. */
  static Container of(
      String taskGuid,
      App app,
      Lifecycle lifecycle,
      SortedMap<String, String> given,
      String image,
      LrpSettings settings) {
    var environment = new TreeMap<>(given);
    environment.put("CF_INSTANCE_ADDR", "");
    environment.put("CF_INSTANCE_PORT", "");
    environment.put("CF_INSTANCE_PORTS", "[]");
    environment.putAll(variablesOf(lifecycle));
    var what = "task %s of app %s".formatted(taskGuid, app.guid());
    return common(TASK_NAME, lifecycle, image)
        .withEnv(variables(what, environment, addresses()))
        .withResources(
            resources(
                new Resources(settings.taskMemoryMb(), 0, weightOf(settings.taskMemoryMb())),
                settings.diskMb()))
        .build();
  }

  /** As Cloud Controller computes it from an app's memory. */
  private static int weightOf(int memoryMb) {
    return Math.clamp(100L * Math.max(128, memoryMb) / 8192, 1, 100);
  }

  private static ContainerBuilder common(String name, Lifecycle lifecycle, String image) {
    var container =
        new ContainerBuilder()
            .withName(name)
            .withImage(image)
            // What has a digest cannot change, so a node that has it asks nobody.
            .withImagePullPolicy(image.contains("@sha256:") ? "IfNotPresent" : "Always")
            .withSecurityContext(security(lifecycle));
    switch (lifecycle) {
      case Lifecycle.Buildpack droplet -> container.withCommand(LAUNCH);
      case Lifecycle.Docker docker ->
          container.withCommand(docker.command().stream().map(AppContainer::escaped).toList());
    }
    return container;
  }

  private static SecurityContext security(Lifecycle lifecycle) {
    var security =
        new SecurityContextBuilder()
            .withAllowPrivilegeEscalation(false)
            .withRunAsNonRoot(true)
            .withNewCapabilities()
            .withDrop("ALL")
            .endCapabilities();
    if (lifecycle instanceof Lifecycle.Buildpack) {
      security.withRunAsUser(VCAP);
    }
    return security.build();
  }

  private static ResourceRequirements resources(Resources resources, int defaultDiskMb) {
    var memory = new Quantity(Integer.toString(resources.memoryMb()), "Mi");
    int disk = resources.diskMb() > 0 ? resources.diskMb() : defaultDiskMb;
    var requests = new TreeMap<String, Quantity>();
    if (resources.cpuWeight() > 0) {
      requests.put(
          "cpu",
          new Quantity(Integer.toString(resources.cpuWeight() * MILLICORES_PER_WEIGHT), "m"));
    }
    requests.put("memory", memory);
    return new ResourceRequirementsBuilder()
        .withRequests(requests)
        // No more processors than there are is limit enough: a limit would idle those that are
        // free.
        .withLimits(
            new TreeMap<>(
                Map.of("memory", memory, "ephemeral-storage", new Quantity(disk + "", "Mi"))))
        .build();
  }

  private static ContainerPort port(int port) {
    return new ContainerPortBuilder().withContainerPort(port).build();
  }

  private static VolumeMount mount(dropship.scheduler.lrp.VolumeMount mount) {
    return new VolumeMountBuilder()
        .withName(mount.volumeId())
        .withMountPath(mount.mountDir())
        .build();
  }

  private static ProbeBuilder probe(Lrp lrp) {
    var port = new IntOrString(lrp.ports().getFirst());
    var check = lrp.healthCheck();
    var probe = new ProbeBuilder(new Probe()).withTimeoutSeconds(PROBE_TIMEOUT);
    return check.type() == HealthCheck.Type.HTTP
        ? probe
            .withNewHttpGet()
            .withPath(check.endpoint().isEmpty() ? "/" : check.endpoint())
            .withPort(port)
            .endHttpGet()
        : probe.withNewTcpSocket().withPort(port).endTcpSocket();
  }

  /** What a user has set is all that Cloud Controllers of 2019 send of it. */
  private static Duration startTimeout(Lrp lrp) {
    return Stream.of(lrp.startTimeout(), lrp.healthCheck().timeout())
        .filter(Duration::isPositive)
        .findFirst()
        .orElse(START_TIMEOUT);
  }

  private static List<EnvVar> environment(Lrp lrp) {
    var environment = new TreeMap<>(lrp.environment());
    environment.putAll(variablesOf(lrp.lifecycle()));
    if (!lrp.ports().isEmpty()) {
      int port = lrp.ports().getFirst();
      environment.put("CF_INSTANCE_ADDR", "0.0.0.0:" + port);
      environment.put("CF_INSTANCE_PORT", Integer.toString(port));
      environment.put(
          "CF_INSTANCE_PORTS", "[{\"external\":%s,\"internal\":%s}]".formatted(port, port));
    }
    var fields = addresses();
    fields.add(field("POD_NAME", "metadata.name"));
    if (lrp.lifecycle() instanceof Lifecycle.Docker) {
      // In our own images launch finds it.
      var index = "metadata.labels['apps.kubernetes.io/pod-index']";
      fields.add(field("CF_INSTANCE_INDEX", index));
      fields.add(field("INSTANCE_INDEX", index));
    }
    return variables("LRP " + lrp.id(), environment, fields);
  }

  private static Map<String, String> variablesOf(Lifecycle lifecycle) {
    return switch (lifecycle) {
      case Lifecycle.Buildpack droplet ->
          Map.of(
              "HOME", "/home/vcap/app",
              "LANG", "en_US.UTF-8",
              "PATH", "/usr/local/bin:/usr/bin:/bin",
              "PWD", "/home/vcap/app",
              "START_COMMAND", droplet.startCommand(),
              "TMPDIR", "/home/vcap/tmp",
              "USER", "vcap");
      case Lifecycle.Docker docker -> Map.of("LANG", "en_US.UTF-8");
    };
  }

  private static List<EnvVar> variables(
      String what, SortedMap<String, String> given, List<EnvVar> fields) {
    var environment = new TreeMap<>(given);
    // One that is there twice cannot be applied or patched.
    fields.forEach(field -> environment.remove(field.getName()));
    var variables = new ArrayList<EnvVar>();
    environment.forEach((name, value) -> {
      if (VARIABLE.matcher(name).matches()) {
        variables.add(new EnvVarBuilder().withName(name).withValue(escaped(value)).build());
      } else {
        LOG.warn("{}: left out the variable '{}', whose name Kubernetes may refuse", what, name);
      }
    });
    variables.addAll(fields);
    return variables;
  }

  /**
   * Kubernetes puts other variables' values where {@code $(NAME)} stands, and one dollar where two
   * do. Apps are to get what their users wrote.
   */
  private static String escaped(String value) {
    return EXPANDED.matcher(value).replaceAll("$0$0");
  }

  private static List<EnvVar> addresses() {
    return new ArrayList<>(
        List.of(
            field("CF_INSTANCE_GUID", "metadata.uid"),
            field("CF_INSTANCE_INTERNAL_IP", "status.podIP"),
            field("CF_INSTANCE_IP", "status.hostIP")));
  }

  private static EnvVar field(String name, String path) {
    return new EnvVarBuilder()
        .withName(name)
        .withNewValueFrom()
        .withNewFieldRef()
        .withFieldPath(path)
        .endFieldRef()
        .endValueFrom()
        .build();
  }
}
