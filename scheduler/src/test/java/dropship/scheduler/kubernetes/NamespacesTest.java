package dropship.scheduler.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.benmanes.caffeine.cache.Ticker;
import dropship.scheduler.lrp.App;
import dropship.scheduler.peer.Login;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamespacesTest {
  private static final String CORE = "/api/v1";
  private static final String NETWORK = "/apis/networking.k8s.io/v1";
  private static final NetworkSettings WALLS =
      new NetworkSettings(true, Map.of("name", "cf"), Map.of(), List.of("169.254.169.254/32"));

  private @TempDir Path directory;
  private InMemoryKubernetes kubernetes;
  private KubernetesClient client;

  @BeforeEach
  void start() {
    kubernetes = new InMemoryKubernetes();
    client = Connection.open(Optional.of(kubernetes.kubeconfig(directory)));
  }

  @AfterEach
  void stop() {
    client.close();
    kubernetes.close();
  }

  private Namespaces named(String name) {
    return with(name, Optional.empty(), KubernetesFixture.NO_NETWORK);
  }

  private Namespaces with(String name, Optional<Login> login, NetworkSettings network) {
    return with(name, login, network, Ticker.systemTicker());
  }

  private Namespaces with(
      String name, Optional<Login> login, NetworkSettings network, Ticker ticker) {
    return new Namespaces(
        client,
        new NamespaceSettings(name, "cf", "pull", "registry.example.com:5000", login, network),
        ticker);
  }

  private static App in(String space) {
    return new App("app", "dora", space, "staging", "org", "acme");
  }

  private void create(String resource, ObjectNode object) {
    kubernetes.asController(objects ->
        assertThat(
                objects
                    .create(
                        ResourcePath.of(
                            CORE, resource, object.at("/metadata/namespace").asText(), ""),
                        object)
                    .body()
                    .toString())
            .contains("uid"));
  }

  private void namespace(String name) {
    create("namespaces", InMemoryKubernetes.object("v1", "Namespace", "", name));
  }

  private void secret(String namespace, String content, boolean ours) {
    var secret = InMemoryKubernetes.object("v1", "Secret", namespace, "pull");
    secret.put("type", "kubernetes.io/dockerconfigjson");
    secret.putObject("stringData").put(".dockerconfigjson", content);
    if (ours) {
      secret.withObject("/metadata/labels").put(Labels.MANAGED_BY, Labels.DROPSHIP);
    }
    create("secrets", secret);
  }

  private Optional<String> pullSecret(String namespace) {
    return kubernetes
        .objects()
        .find(CORE, "secrets", namespace, "pull")
        .map(each -> each.at("/data/.dockerconfigjson").asText())
        .map(each -> new String(Base64.getDecoder().decode(each), StandardCharsets.UTF_8));
  }

  private List<JsonNode> policies() {
    return kubernetes.objects().all(NETWORK, "networkpolicies");
  }

  @ParameterizedTest
  @CsvSource({
    "apps, 8F6A9D42-1c4e, apps", "apps, '', apps",
    "cf-{space}, 8F6A9D42-1c4e, cf-8f6a9d42-1c4e", "{space}-x, a, a-x"
  })
  void anAppIsInTheOneNamespaceOrInThatOfItsSpace(String name, String space, String expected) {
    assertThat(named(name).nameFor(in(space))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "../x",
        "a b",
        "ä",
        "a.b",
        "-",
        "a/../kube-system",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      })
  void aSpaceThatNamesNoNamespaceIsSaid(String space) {
    assertThatThrownBy(() -> named("cf-{space}").nameFor(in(space)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a guid");
  }

  @Test
  void aNamespaceIsMadeWhenItIsNeededAndLetsOnlyRestrictedPodsIn() throws IOException {
    var namespaces = named("cf-{space}");
    namespaces.ensure("cf-a");
    var labels =
        kubernetes
            .objects()
            .find(CORE, "namespaces", "", "cf-a")
            .orElseThrow()
            .at("/metadata/labels");
    assertThat(labels.path("pod-security.kubernetes.io/enforce").asText()).isEqualTo("restricted");
    assertThat(labels.path(Labels.MANAGED_BY).asText()).isEqualTo("dropship");
    int asked = kubernetes.requests().size();
    namespaces.ensure("cf-a");
    assertThat(kubernetes.requests()).hasSize(asked); // nobody is asked again
  }

  @Test
  void aNamespaceOfSomebodyElsesStaysAsItIs() throws IOException {
    namespace("apps");
    var before = kubernetes.objects().find(CORE, "namespaces", "", "apps");
    named("apps").ensure("apps");
    assertThat(kubernetes.objects().find(CORE, "namespaces", "", "apps")).isEqualTo(before);
  }

  @Test
  void whoMayNotEvenLookAtNamespacesUsesTheOneItIsGiven() throws IOException {
    namespace("apps");
    kubernetes.fail(".* /api/v1/namespaces(/[^/]*)?", 403, "Forbidden", Integer.MAX_VALUE);
    var namespaces = named("apps");
    namespaces.ensure("apps");
    assertThat(namespaces.labels("apps")).isEmpty();
  }

  @Test
  void whoMayNotMakeANamespaceThatIsNotThereFailsAndSaysWhich() {
    kubernetes.fail("POST /api/v1/namespaces", 403, "Forbidden", Integer.MAX_VALUE);
    var namespaces = with("cf-{space}", Optional.empty(), WALLS);
    assertThatThrownBy(() -> namespaces.ensure("cf-a"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("namespace cf-a");
  }

  @Test
  void whatFailsHalfWayIsDoneTheNextTime() throws IOException {
    namespace("cf");
    secret("cf", "original", false);
    var namespaces = with("cf-{space}", Optional.empty(), WALLS);
    for (var what : List.of("POST .*/namespaces", "POST .*/secrets", "POST .*/networkpolicies")) {
      kubernetes.fail(what, 500, "InternalError", 100);
      assertThatThrownBy(() -> namespaces.ensure("cf-a"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("preparing namespace cf-a");
      kubernetes.heal();
    }
    namespaces.ensure("cf-a");
    assertThat(pullSecret("cf-a")).contains("original");
    assertThat(policies()).hasSize(2);
  }

  @Test
  void whatIsKnownOfANamespaceIsGoodUntilItHasBeenLookedAtAgain() throws Exception {
    namespace("cf");
    secret("cf", "first", false);
    var nanos = new AtomicLong();
    var namespaces = with("cf-{space}", Optional.empty(), KubernetesFixture.NO_NETWORK, nanos::get);
    namespaces.ensure("cf-a");
    kubernetes.asController(objects -> objects.delete(secretOf("cf"), Optional.empty()));
    secret("cf", "second", false);
    kubernetes.fail("GET .*/secrets/.*", 500, "InternalError", Integer.MAX_VALUE);
    nanos.addAndGet(Duration.ofMinutes(11).toNanos());
    namespaces.ensure("cf-a"); // nobody waits for that, nor is refused for want of it
    kubernetes.heal();
    assertThat(pullSecret("cf-a")).contains("first");
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!pullSecret("cf-a").equals(Optional.of("second"))) {
      assertThat(System.nanoTime()).isLessThan(end);
      nanos.addAndGet(Duration.ofMinutes(11).toNanos());
      namespaces.ensure("cf-a");
      Thread.sleep(10);
    }
  }

  @Test
  void thePullSecretIsCopiedAndRefreshed() throws IOException {
    namespace("cf");
    secret("cf", "first", false);
    named("cf-{space}").ensure("cf-a");
    assertThat(pullSecret("cf-a")).contains("first");
    kubernetes.asController(objects -> objects.delete(secretOf("cf"), Optional.empty()));
    secret("cf", "second", false);
    named("cf-{space}").ensure("cf-a"); // as a scheduler that starts anew
    assertThat(pullSecret("cf-a")).contains("second");
  }

  private static ResourcePath secretOf(String namespace) {
    return ResourcePath.of(CORE, "secrets", namespace, "pull");
  }

  @Test
  void aPullSecretOfSomebodyElsesStaysAsItIs() throws IOException {
    namespace("cf");
    namespace("apps");
    secret("cf", "original", false);
    secret("apps", "theirs", false);
    named("apps").ensure("apps");
    assertThat(pullSecret("apps")).contains("theirs");
  }

  @Test
  void withoutASecretToCopyKubeletsLogInAsTheSchedulerDoes() throws IOException {
    var password = Files.writeString(directory.resolve("password"), "secret\n");
    with("cf-{space}", Optional.of(new Login("admin", password)), KubernetesFixture.NO_NETWORK)
        .ensure("cf-a");
    var config = JsonMapper.builder().build().readTree(pullSecret("cf-a").orElseThrow());
    var login = config.at("/auths/registry.example.com:5000");
    assertThat(login.path("username").asText()).isEqualTo("admin");
    assertThat(login.path("password").asText()).isEqualTo("secret");
    assertThat(
            new String(
                Base64.getDecoder().decode(login.path("auth").asText()), StandardCharsets.UTF_8))
        .isEqualTo("admin:secret");
  }

  @Test
  void whoMayNotReadTheSecretToCopyDoesWithoutIt() throws IOException {
    namespace("cf");
    kubernetes.fail("GET .*/namespaces/cf/secrets/.*", 403, "Forbidden", Integer.MAX_VALUE);
    named("cf-{space}").ensure("cf-a");
    assertThat(pullSecret("cf-a")).isEmpty();
  }

  @Test
  void aRegistryThatAsksNobodyNeedsNoSecret() throws IOException {
    named("cf-{space}").ensure("cf-a");
    assertThat(pullSecret("cf-a")).isEmpty();
  }

  @Test
  void whereSecretsComeFromNothingIsCopied() throws IOException {
    namespace("cf");
    secret("cf", "original", true);
    named("cf").ensure("cf");
    assertThat(pullSecret("cf")).contains("original");
  }

  @Test
  void appsReachKubernetesAtNoneOfItsAddresses() throws IOException {
    var service = InMemoryKubernetes.object("v1", "Service", "default", "kubernetes");
    service.putObject("spec").putArray("clusterIPs").add("10.96.0.1").add("fd00::1");
    create("services", service);
    slice("kubernetes", "kubernetes", "192.0.2.1", "192.0.2.2");
    slice("kubernetes-v6", "kubernetes", "2001:db8::1");
    slice("other", "other", "198.51.100.1");
    with("cf-{space}", Optional.empty(), WALLS).ensure("cf-a");
    var egress =
        policies().stream()
            .filter(each -> each.at("/metadata/name").asText().equals("dropship-egress"))
            .findFirst()
            .orElseThrow();
    assertThat(egress.at("/spec/egress/2/to/0/ipBlock/except"))
        .hasToString("[\"10.96.0.1/32\",\"169.254.169.254/32\",\"192.0.2.1/32\",\"192.0.2.2/32\"]");
    assertThat(egress.at("/spec/egress/2/to/1/ipBlock/except"))
        .hasToString("[\"2001:db8::1/128\",\"fd00::1/128\"]");
  }

  private void slice(String name, String service, String... addresses) {
    var slice = InMemoryKubernetes.object("discovery.k8s.io/v1", "EndpointSlice", "default", name);
    slice.withObject("/metadata/labels").put("kubernetes.io/service-name", service);
    var list = slice.putArray("endpoints").addObject().putArray("addresses");
    List.of(addresses).forEach(list::add);
    kubernetes.asController(objects ->
        objects.create(
            ResourcePath.of("/apis/discovery.k8s.io/v1", "endpointslices", "default", ""), slice));
  }

  @Test
  void wallsAreMovedWhenKubernetesMoves() throws IOException {
    slice("kubernetes", "kubernetes", "192.0.2.1");
    with("cf-{space}", Optional.empty(), WALLS).ensure("cf-a");
    slice("kubernetes-2", "kubernetes", "192.0.2.2");
    with("cf-{space}", Optional.empty(), WALLS).ensure("cf-a");
    assertThat(policies()).hasSize(2);
    assertThat(policies().toString()).contains("192.0.2.1/32").contains("192.0.2.2/32");
  }

  @Test
  void whoMayNotKnowWhereKubernetesIsBuildsNoWallWithAHole() {
    kubernetes.fail("GET .*/endpointslices", 403, "Forbidden", Integer.MAX_VALUE);
    assertThatThrownBy(() -> with("cf-{space}", Optional.empty(), WALLS).ensure("cf-a"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("endpointslices");
    assertThat(policies()).isEmpty();
  }

  @Test
  void labelsOfANamespaceAreReadAndKeptForAWhile() throws IOException {
    var labelled = InMemoryKubernetes.object("v1", "Namespace", "", "cf-a");
    labelled.withObject("/metadata/labels").put(Labels.PIN, "1.2.3");
    create("namespaces", labelled);
    namespace("cf-b");
    var namespaces = named("cf-{space}");
    assertThat(namespaces.labels("cf-a")).containsEntry(Labels.PIN, "1.2.3");
    assertThat(namespaces.labels("cf-b")).isEmpty();
    assertThat(kubernetes.requests("GET /api/v1/namespaces")).isEqualTo(1);
    assertThat(named("cf-{space}").labels("none")).isEmpty();
  }

  @Test
  void labelsThatCannotBeReadNowAreAFailure() {
    kubernetes.fail("GET /api/v1/namespaces.*", 500, "InternalError", Integer.MAX_VALUE);
    assertThatThrownBy(() -> named("cf-{space}").labels("cf-a"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("labels of namespaces");
  }
}
