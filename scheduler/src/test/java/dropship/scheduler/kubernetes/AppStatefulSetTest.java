package dropship.scheduler.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.scheduler.lrp.HealthCheck;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.Lrp;
import dropship.scheduler.lrp.ProcessGuid;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AppStatefulSetTest {
  private static final LrpSettings SETTINGS =
      new LrpSettings(
          "pull", 2048, Duration.ofSeconds(10), Duration.ofSeconds(10), 512, Duration.ofSeconds(5));

  private static String nameOf(String guid, String version, String app, String space) {
    return AppStatefulSet.nameOf(new SampleLrp(guid, version).app(app, space).lrp());
  }

  @ParameterizedTest
  @CsvSource({
    "guid_1234, version_1234, 34f869d015",
    "b194809b-88c0-49af-b8aa-69da097fc360, 2fdc448f-6bac-4085-9426-87d0124c433a, e45688e0ba"
  })
  void namesEndAsEirinisDo(String guid, String version, String hash) {
    assertThat(nameOf(guid, version, "dora", "staging")).isEqualTo("dora-staging-" + hash);
  }

  @ParameterizedTest
  @CsvSource({
    "Dora, Staging, dora-staging-",
    "my_app, a_space, my-app-a-space-",
    "app, My Space, guid-1234-",
    "düra, staging, guid-1234-",
    "шарик, космос, guid-1234-",
    "-dora, staging, guid-1234-",
    "dora, staging-, guid-1234-",
    "'', '', guid-1234-",
    "www.example.com, prod, www-example-com-prod-",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbb, s, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa--bb, s, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-",
    "012345678901234567890123456789012345678901234567890123456789, s,"
        + " 0123456789012345678901234567890123456789-"
  })
  void anyNameOfAnAppMakesAName(String app, String space, String beginning) {
    var name = nameOf("guid_1234", "version_1234", app, space);
    assertThat(name).isEqualTo(beginning + "34f869d015").hasSizeLessThanOrEqualTo(51);
    // A pod is a host of its name, which has to be one label of DNS.
    assertThat(name + "-99999").matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  }

  @Test
  void twoVersionsOfOneProcessHaveTwoNames() {
    assertThat(nameOf("guid", "a", "dora", "s")).isNotEqualTo(nameOf("guid", "b", "dora", "s"));
  }

  private static PodSpec pod(SampleLrp sample) {
    var lrp = sample.lrp();
    var image = GoldenTest.image(lrp.lifecycle(), "1");
    return AppStatefulSet.of(lrp, "apps", image, SETTINGS).getSpec().getTemplate().getSpec();
  }

  private static Container container(SampleLrp lrp) {
    return container(lrp.lrp());
  }

  private static Container container(Lrp lrp) {
    return AppStatefulSet.of(lrp, "apps", GoldenTest.image(lrp.lifecycle(), "1"), SETTINGS)
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst();
  }

  private static Map<String, String> environment(SampleLrp lrp) {
    return container(lrp).getEnv().stream()
        .filter(each -> each.getValue() != null)
        .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
  }

  /** As a kubelet does it: two dollars are one, and names of variables are replaced by theirs. */
  private static String expanded(String text) {
    var pattern = Pattern.compile("\\$\\$|\\$\\(([^)]*)\\)");
    return pattern
        .matcher(text)
        .replaceAll(found ->
            Matcher.quoteReplacement(
                found.group().equals("$$") ? "$" : "<value of " + found.group(1) + ">"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "$",
        "$$",
        "$$$",
        "$$$$",
        "$HOME",
        "$$HOME",
        "$(HOME)",
        "$$(HOME)",
        "$$$(HOME)",
        "$(",
        "$()",
        "$$(",
        "a$(B)c$(D)$$e$f",
        "$($(X))",
        "${HOME}",
        "p$$w0rd$",
        "{\"a\":\"$$\"}",
        "line\nline $(X)\n"
      })
  void anAppGetsWhatItsUserWrote(String value) {
    var lrp =
        SampleLrp.named("guid")
            .env("X", value)
            .runs(new Lifecycle.Buildpack("droplet", "hash", value));
    assertThat(expanded(environment(lrp).get("X"))).isEqualTo(value);
    assertThat(expanded(environment(lrp).get("START_COMMAND"))).isEqualTo(value);
    var docker = new Lifecycle.Docker("image", List.of("sh", "-c", value), Optional.empty());
    assertThat(container(SampleLrp.named("guid").runs(docker)).getCommand())
        .extracting(AppStatefulSetTest::expanded)
        .containsExactly("sh", "-c", value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a:b", "1a", "a b", "", "ä", "a=b", ".", "..", "..a", "a\n", "a/b"})
  void aVariableWhoseNameKubernetesMayRefuseIsLeftOut(String name) {
    assertThat(environment(SampleLrp.named("guid").env(name, "x").env("GOOD", "y")))
        .doesNotContainKey(name)
        .containsEntry("GOOD", "y");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "_", "a.b-c_d", ".a", "-", "A1"})
  void aVariableWithAnyOtherNameIsThere(String name) {
    assertThat(environment(SampleLrp.named("guid").env(name, "x"))).containsEntry(name, "x");
  }

  @Test
  void ourOwnVariablesAreThereOnceWhateverAUserCallsTheirs() {
    var lrp =
        SampleLrp.named("guid").env("POD_NAME", "x").env("HOME", "x").env("CF_INSTANCE_IP", "x");
    assertThat(container(lrp).getEnv()).extracting(EnvVar::getName).doesNotHaveDuplicates();
    assertThat(environment(lrp))
        .containsEntry("HOME", "/home/vcap/app")
        .doesNotContainKeys("POD_NAME", "CF_INSTANCE_IP");
  }

  @ParameterizedTest
  @CsvSource({
    "1.200.0, 1.200.0",
    "1.200.0_rc-1, 1.200.0_rc-1",
    "1.200.0+build.7, v1.200.0-build.7v",
    "2026/01/01, v2026-01-01v",
    "-1, v-1v",
    "'', ''"
  })
  void aVersionOfARootfsBecomesALabel(String version, String label) {
    assertThat(Labels.rootfsVersion(version)).isEqualTo(label);
  }

  @Test
  void aVersionOfAnyLengthBecomesALabel() {
    for (int length : new int[] {61, 62, 63, 64, 128}) {
      var version = "x".repeat(length - 1) + "+";
      assertThat(Labels.isValue(Labels.rootfsVersion(version))).as(version).isTrue();
    }
  }

  @Test
  void whatIsNoLabelsValueIsNoLabelAndFailsNothing() {
    var lrp = SampleLrp.named("guid").type("web worker!").lrp();
    var labels =
        AppStatefulSet.of(lrp, "apps", GoldenTest.image(lrp.lifecycle(), "1"), SETTINGS)
            .getMetadata()
            .getLabels();
    assertThat(labels).doesNotContainKey(Labels.PROCESS_TYPE).containsKey(Labels.APP_GUID);
    assertThat(labels.values()).allMatch(Labels::isValue);
  }

  @ParameterizedTest
  @CsvSource({
    "60000, 0, 30",
    "180000, 180000, 90",
    "0, 120000, 60", // Cloud Controllers of 2019 say only what the user has set
    "0, 0, 30",
    "1, 0, 1",
    "2001, 0, 2"
  })
  void anInstanceMayTakeAsLongAsItsUserSaysUntilItIsWell(
      long startMillis, long healthMillis, int probes) {
    var container =
        container(
            SampleLrp.named("guid")
                .startTimeout(Duration.ofMillis(startMillis))
                .health(HealthCheck.Type.PORT, "", Duration.ofMillis(healthMillis)));
    assertThat(container.getStartupProbe().getPeriodSeconds()).isEqualTo(2);
    assertThat(container.getStartupProbe().getFailureThreshold()).isEqualTo(probes);
    for (var probe :
        List.of(
            container.getStartupProbe(),
            container.getLivenessProbe(),
            container.getReadinessProbe())) {
      assertThat(probe.getTimeoutSeconds()).isEqualTo(1); // of one answer
    }
  }

  @Test
  void nobodyIsAskedForHealthWithoutAPortOrWhenTheProcessIsEnough() {
    for (var lrp :
        List.of(
            SampleLrp.named("guid").ports(),
            SampleLrp.named("guid")
                .ports()
                .health(HealthCheck.Type.HTTP, "/healthz", Duration.ZERO),
            SampleLrp.named("guid").health(HealthCheck.Type.PROCESS, "", Duration.ZERO))) {
      var container = container(lrp);
      assertThat(container.getLivenessProbe()).isNull();
      assertThat(container.getReadinessProbe()).isNull();
      assertThat(container.getStartupProbe()).isNull();
    }
  }

  @Test
  void anEndpointThatWasNotSaidIsTheRoot() {
    var lrp = SampleLrp.named("guid").health(HealthCheck.Type.HTTP, "", Duration.ZERO);
    assertThat(container(lrp).getReadinessProbe().getHttpGet().getPath()).isEqualTo("/");
  }

  @ParameterizedTest
  @CsvSource({
    "app, https://index.docker.io/v1/",
    "team/app:1, https://index.docker.io/v1/",
    "docker.io/team/app, https://index.docker.io/v1/",
    "registry.example.com/app, registry.example.com",
    "registry.example.com:5000/team/app@sha256:00, registry.example.com:5000",
    "localhost/app, localhost"
  })
  void aLoginIsForTheRegistryThatTheImageNames(String image, String registry) {
    var secret = PullSecrets.forImage("name", "apps", image, new Lifecycle.Login("u", "p"));
    assertThat(secret.getStringData().get(".dockerconfigjson"))
        .startsWith("{\"auths\":{\"" + registry + "\":")
        .contains("\"auth\":\"dTpw\"");
  }

  @Test
  void whatSelectsPodsAreThreeLabelsThatAllOfThemHave() {
    var lrp = SampleLrp.named("guid").lrp();
    var spec =
        AppStatefulSet.of(lrp, "apps", GoldenTest.image(lrp.lifecycle(), "1"), SETTINGS).getSpec();
    assertThat(spec.getSelector().getMatchLabels())
        .isEqualTo(AppStatefulSet.selector(new ProcessGuid("guid", "version")))
        .hasSize(3);
    assertThat(spec.getTemplate().getMetadata().getLabels())
        .containsAllEntriesOf(spec.getSelector().getMatchLabels());
  }

  @Test
  void nothingThatAnUpdateChangesIsInThePodTemplate() {
    var one = SampleLrp.named("guid").instances(2).lrp();
    var other = SampleLrp.named("guid").instances(7).routes().lastUpdated("2").lrp();
    var image = GoldenTest.image(one.lifecycle(), "1");
    assertThat(AppStatefulSet.of(other, "apps", image, SETTINGS).getSpec().getTemplate())
        .isEqualTo(AppStatefulSet.of(one, "apps", image, SETTINGS).getSpec().getTemplate());
  }

  @Test
  void instancesKeepTheirDistanceWhereThereIsMoreThanOne() {
    assertThat(pod(SampleLrp.named("guid").instances(1)).getAffinity()).isNull();
    assertThat(
            pod(SampleLrp.named("guid").instances(2))
                .getAffinity()
                .getPodAntiAffinity()
                .getPreferredDuringSchedulingIgnoredDuringExecution())
        .hasSize(1);
  }
}
