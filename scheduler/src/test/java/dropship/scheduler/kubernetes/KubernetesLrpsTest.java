package dropship.scheduler.kubernetes;

import static dropship.scheduler.kubernetes.KubernetesFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dropship.scheduler.image.InMemoryRegistry;
import dropship.scheduler.lrp.App;
import dropship.scheduler.lrp.DesiredLrp;
import dropship.scheduler.lrp.Instance;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.LrpUnknown;
import dropship.scheduler.lrp.LrpUpdate;
import dropship.scheduler.lrp.ProcessGuid;
import dropship.scheduler.lrp.Route;
import dropship.scheduler.lrp.SchedulingInfo;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubernetesLrpsTest {
  private static final String APPS = "/apis/apps/v1";
  private static final String CORE = "/api/v1";
  private static final String POLICY = "/apis/policy/v1";
  private static final ProcessGuid ID = new ProcessGuid("guid", "version");

  private KubernetesFixture fixture;
  private InMemoryKubernetes kubernetes;
  private KubernetesLrps lrps;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    fixture = KubernetesFixture.started(directory);
    kubernetes = fixture.kubernetes;
    lrps = fixture.lrps;
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private static SampleLrp sample() {
    return SampleLrp.named("guid");
  }

  private static SampleLrp docker() {
    return sample()
        .runs(
            new Lifecycle.Docker(
                "registry.example.org/app", List.of(), Optional.of(new Lifecycle.Login("u", "p"))));
  }

  private List<JsonNode> statefulSets() {
    return kubernetes.objects().all(APPS, "statefulsets");
  }

  private JsonNode statefulSet() {
    assertThat(statefulSets()).hasSize(1);
    return statefulSets().getFirst();
  }

  private List<JsonNode> budgets() {
    return kubernetes.objects().all(POLICY, "poddisruptionbudgets");
  }

  private List<JsonNode> logins() {
    return kubernetes.objects().all(CORE, "secrets").stream()
        .filter(each -> each.at("/metadata/name").asText().endsWith("-registry-credentials"))
        .toList();
  }

  // --- what Cloud Controller does

  @Test
  void whatHasBeenDesiredIsListedAndFound() throws IOException {
    lrps.desire(sample().instances(3).lrp());
    var expected =
        new DesiredLrp(
            ID,
            3,
            List.of(new Route("dora.example.com", 8080)),
            "1529064800.9",
            "registry.example.com:5000/cloudfoundry/droplet-guid@"
                + InMemoryRegistry.digest("droplet-guid", "droplet-hash.stack-1"));
    assertThat(lrps.list()).containsExactly(new SchedulingInfo(ID, "1529064800.9"));
    assertThat(lrps.find(ID)).contains(expected);
    assertThat(statefulSet().at("/metadata/namespace").asText()).isEqualTo("apps");
    assertThat(lrps.find(new ProcessGuid("guid", "other"))).isEmpty();
  }

  @Test
  void desiringAgainChangesNothing() throws IOException {
    lrps.desire(sample().lrp());
    var before = statefulSet();
    lrps.desire(sample().instances(5).lastUpdated("2").lrp());
    assertThat(statefulSet()).isEqualTo(before);
  }

  @Test
  void whatAnotherReplicaHasDesiredMeanwhileIsNoFailure() throws IOException {
    kubernetes.watches().hold();
    lrps.desire(sample().lrp());
    fixture.cluster.statefulSets().deleted(fixture.cluster.statefulSets().oneOf(ID).orElseThrow());
    lrps.desire(sample().lrp());
    assertThat(statefulSets()).hasSize(1);
  }

  @Test
  void anUpdateChangesInstancesRoutesAndMarkAndNotThePodTemplate() throws IOException {
    lrps.desire(sample().lrp());
    var template = statefulSet().at("/spec/template");
    lrps.update(ID, new LrpUpdate(4, List.of(new Route("a.example.com/v1", 8081)), "2.50"));
    var found = lrps.find(ID).orElseThrow();
    assertThat(found.instances()).isEqualTo(4);
    assertThat(found.routes()).containsExactly(new Route("a.example.com/v1", 8081));
    assertThat(found.lastUpdated()).isEqualTo("2.50");
    assertThat(statefulSet().at("/spec/replicas").asInt()).isEqualTo(4);
    assertThat(statefulSet().at("/spec/template")).isEqualTo(template);
    assertThat(statefulSet().at("/metadata/annotations/cloudfoundry.org~1application_name"))
        .hasToString("\"dora\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " 1.0 ", "1529064800.9", "ä\"\\\n$(X)", "0001"})
  void theMarkIsKeptAsItIs(String mark) throws IOException {
    lrps.desire(sample().lastUpdated(mark).lrp());
    assertThat(lrps.find(ID).orElseThrow().lastUpdated()).isEqualTo(mark);
    lrps.update(ID, new LrpUpdate(0, List.of(), mark + "2"));
    assertThat(lrps.find(ID).orElseThrow().lastUpdated()).isEqualTo(mark + "2");
    assertThat(lrps.find(ID).orElseThrow().instances()).isZero();
  }

  @Test
  void whatIsNotThereCannotBeUpdated() {
    assertThatThrownBy(() -> lrps.update(ID, new LrpUpdate(1, List.of(), "1")))
        .isInstanceOf(LrpUnknown.class)
        .hasMessageContaining("could not be found");
    assertThatThrownBy(() -> lrps.instances(ID)).isInstanceOf(LrpUnknown.class);
  }

  @Test
  void whatSomebodyElseHasDeletedCannotBeUpdatedEither() throws IOException {
    lrps.desire(sample().lrp());
    kubernetes.watches().hold();
    var name = statefulSet().at("/metadata/name").asText();
    kubernetes.asController(objects ->
        objects.delete(ResourcePath.of(APPS, "statefulsets", "apps", name), Optional.empty()));
    assertThatThrownBy(() -> lrps.update(ID, new LrpUpdate(1, List.of(), "1")))
        .isInstanceOf(LrpUnknown.class);
    assertThat(lrps.list()).isEmpty();
  }

  @Test
  void aDisruptionBudgetIsThereForTwoInstancesOrMore() throws IOException {
    lrps.desire(sample().instances(1).lrp());
    assertThat(budgets()).isEmpty();
    lrps.update(ID, new LrpUpdate(2, List.of(), "2"));
    assertThat(budgets()).hasSize(1);
    assertThat(budgets().getFirst().at("/spec/selector"))
        .isEqualTo(statefulSet().at("/spec/selector"));
    assertThat(budgets().getFirst().at("/metadata/name"))
        .isEqualTo(statefulSet().at("/metadata/name"));
    lrps.update(ID, new LrpUpdate(3, List.of(), "3"));
    assertThat(budgets()).hasSize(1);
    lrps.update(ID, new LrpUpdate(1, List.of(), "4"));
    assertThat(budgets()).isEmpty();
  }

  @Test
  void stoppingRemovesEverythingAndAsksForItInTheBackground() throws IOException {
    lrps.desire(docker().instances(2).lrp());
    assertThat(budgets()).hasSize(1);
    assertThat(logins()).hasSize(1);
    assertThat(logins().getFirst().at("/type").asText())
        .isEqualTo("kubernetes.io/dockerconfigjson");
    assertThat(statefulSet().at("/spec/template/spec/imagePullSecrets"))
        .hasToString(
            "[{\"name\":\"pull-secret\"},{\"name\":\"%s\"}]"
                .formatted(logins().getFirst().at("/metadata/name").asText()));
    lrps.stop(ID);
    assertThat(statefulSets()).isEmpty();
    assertThat(budgets()).isEmpty();
    assertThat(logins()).isEmpty();
    assertThat(lrps.list()).isEmpty();
    assertThatThrownBy(() -> lrps.instances(ID)).isInstanceOf(LrpUnknown.class);
    lrps.stop(ID); // is gone already
  }

  @Test
  void aLoginThatHasChangedIsKeptAnew() throws IOException {
    lrps.desire(docker().lrp());
    var before = logins().getFirst().at("/data");
    lrps.stop(ID);
    lrps.desire(
        sample()
            .runs(
                new Lifecycle.Docker(
                    "registry.example.org/app",
                    List.of(),
                    Optional.of(new Lifecycle.Login("u", "new"))))
            .lrp());
    assertThat(logins().getFirst().at("/data")).isNotEqualTo(before);
  }

  @Test
  void stoppingAnInstanceDeletesItsPod() throws IOException {
    lrps.desire(sample().instances(2).lrp());
    var name = statefulSet().at("/metadata/name").asText();
    pod(name + "-0", "Running");
    pod(name + "-1", "Running");
    lrps.stopInstance(ID, 1);
    assertThat(kubernetes.objects().find(CORE, "pods", "apps", name + "-1")).isEmpty();
    assertThat(kubernetes.objects().find(CORE, "pods", "apps", name + "-0")).isPresent();
    lrps.stopInstance(ID, 1); // its pod is gone already
    for (int index : new int[] {-1, 2, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> lrps.stopInstance(ID, index))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected 0 to 1");
    }
    lrps.stopInstance(new ProcessGuid("other", "version"), 0);
  }

  private void pod(String name, String phase) {
    var pod = InMemoryKubernetes.object("v1", "Pod", "apps", name);
    pod.withObject("/metadata/labels")
        .put(Labels.GUID, "guid")
        .put(Labels.VERSION, "version")
        .put(Labels.SOURCE_TYPE, Labels.APP);
    var status = pod.putObject("status").put("phase", phase);
    status.put("startTime", "2026-01-02T03:04:05Z");
    var container = status.putArray("containerStatuses").addObject();
    container.put("name", "opi").put("ready", true).put("restartCount", 0);
    container.putObject("state").putObject("running").put("startedAt", "2026-01-02T03:04:06Z");
    kubernetes.asController(
        objects -> objects.create(ResourcePath.of(CORE, "pods", "apps", ""), pod));
  }

  @Test
  void instancesAreItsPodsInOrder() throws IOException {
    lrps.desire(sample().instances(11).lrp());
    assertThat(lrps.instances(ID)).isEmpty();
    pod("x-10", "Running");
    pod("x-2", "Running");
    eventually(() -> lrps.instances(ID).size() == 2);
    assertThat(lrps.instances(ID)).extracting(Instance::index).containsExactly(2, 10);
    assertThat(lrps.instances(ID)).extracting(Instance::state).containsOnly(Instance.State.RUNNING);
  }

  // --- news that come late

  @Test
  void whatIsWrittenIsSeenBeforeItsNews() throws IOException {
    kubernetes.watches().hold();
    lrps.desire(sample().lrp());
    assertThat(lrps.list()).hasSize(1);
    lrps.update(ID, new LrpUpdate(2, List.of(), "2"));
    lrps.update(ID, new LrpUpdate(3, List.of(), "3"));
    assertThat(lrps.find(ID).orElseThrow().instances()).isEqualTo(3);
    lrps.stop(ID);
    assertThat(lrps.list()).isEmpty();
    lrps.desire(sample().lastUpdated("4").lrp());
    assertThat(lrps.find(ID).orElseThrow().lastUpdated()).isEqualTo("4");
  }

  @Test
  void lateNewsUndoNothing() throws Exception {
    kubernetes.watches().hold();
    var seen = new CopyOnWriteArrayList<String>();
    fixture.cluster.onStatefulSets(new Seen(seen));
    lrps.desire(sample().lastUpdated("1").lrp());
    lrps.update(ID, new LrpUpdate(2, List.of(), "2"));
    lrps.stop(ID);
    lrps.desire(sample().lastUpdated("3").lrp());
    lrps.update(ID, new LrpUpdate(3, List.of(), "4"));
    var other = new ProcessGuid("other", "version");
    lrps.desire(SampleLrp.named("other").lrp());
    lrps.stop(other);
    kubernetes.watches().release();
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (seen.size() < 7) { // whenever one looks
      assertThat(lrps.find(ID).orElseThrow().lastUpdated()).isEqualTo("4");
      assertThat(lrps.list()).hasSize(1);
      assertThat(System.nanoTime()).as("seen %s", seen).isLessThan(end);
    }
    assertThat(lrps.find(ID).orElseThrow().lastUpdated()).isEqualTo("4");
    assertThat(lrps.find(other)).isEmpty();
    assertThat(seen)
        .containsExactly(
            "add guid 1",
            "update guid 2",
            "delete guid 2",
            "add guid 3",
            "update guid 4",
            "add other 1529064800.9",
            "delete other 1529064800.9");
  }

  private record Seen(List<String> seen) implements ResourceEventHandler<WatchedStatefulSet> {
    @Override
    public void onAdd(WatchedStatefulSet now) {
      note("add", now);
    }

    @Override
    public void onUpdate(WatchedStatefulSet before, WatchedStatefulSet now) {
      note("update", now);
    }

    @Override
    public void onDelete(WatchedStatefulSet gone, boolean unknown) {
      note("delete", gone);
    }

    private void note(String what, WatchedStatefulSet of) {
      seen.add(
          "%s %s %s"
              .formatted(
                  what,
                  of.id().orElseThrow().guid(),
                  of.annotation(Labels.LAST_UPDATED).orElse("")));
    }
  }

  @Test
  void whatOthersChangeIsSeen() throws IOException {
    lrps.desire(sample().lrp());
    var name = statefulSet().at("/metadata/name").asText();
    kubernetes.asController(objects -> {
      var patch = statefulSet().deepCopy();
      ((ObjectNode) patch.get("spec")).put("replicas", 9);
      ((ObjectNode) patch.get("metadata")).remove("resourceVersion");
      objects.replace(ResourcePath.of(APPS, "statefulsets", "apps", name), (ObjectNode) patch);
    });
    eventually(() -> lrps.find(ID).orElseThrow().instances() == 9);
    kubernetes.asController(objects ->
        objects.delete(ResourcePath.of(APPS, "statefulsets", "apps", name), Optional.empty()));
    eventually(() -> lrps.find(ID).isEmpty());
  }

  @Test
  void watchesThatBreakAreTakenUpAgain() throws IOException {
    lrps.desire(sample().lrp());
    kubernetes.watches().drop();
    var name = statefulSet().at("/metadata/name").asText();
    kubernetes.asController(objects ->
        objects.delete(ResourcePath.of(APPS, "statefulsets", "apps", name), Optional.empty()));
    eventually(() -> lrps.find(ID).isEmpty());
    fixture.watched();
  }

  @Test
  void whatIsMissedWhileNewsAreTooOldIsListedAnew() throws IOException {
    lrps.desire(sample().lrp());
    lrps.desire(SampleLrp.named("stays").lrp());
    eventually(() -> fixture.cluster.statefulSets().size() == 2);
    kubernetes.watches().hold();
    var name = AppStatefulSet.nameOf(sample().lrp());
    kubernetes.asController(objects ->
        objects.delete(ResourcePath.of(APPS, "statefulsets", "apps", name), Optional.empty()));
    lrps.desire(SampleLrp.named("new").lrp());
    kubernetes.objects().compact();
    kubernetes.watches().drop();
    kubernetes.watches().release();
    eventually(() -> lrps.find(ID).isEmpty());
    assertThat(lrps.list())
        .extracting(each -> each.id().guid())
        .containsExactlyInAnyOrder("new", "stays");
    fixture.watched();
    lrps.desire(sample().lrp());
    eventually(() -> fixture.cluster.statefulSets().size() == 3);
  }

  @Test
  void whoIsToldThatItsNewsAreTooOldLosesNothing() throws IOException {
    for (int i = 0; i < 20; i++) {
      lrps.desire(SampleLrp.named("guid-" + i).lrp());
    }
    kubernetes.watches().expire();
    for (int i = 20; i < 40; i++) {
      lrps.desire(SampleLrp.named("guid-" + i).lrp());
      assertThat(lrps.list()).hasSize(i + 1);
    }
    fixture.watched();
    eventually(() -> fixture.cluster.statefulSets().size() == 40);
    assertThat(lrps.list()).hasSize(40);
  }

  @Test
  void whateverHappensToWatchesWhoWritesSeesItAndInTheEndAllSeeTheSame() throws Exception {
    var running = new AtomicBoolean(true);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var trouble =
          threads.submit(() -> {
            var random = new Random(7);
            while (running.get()) {
              switch (random.nextInt(4)) {
                case 0 -> kubernetes.watches().drop();
                case 1 -> kubernetes.watches().expire();
                case 2 -> kubernetes.watches().hold();
                default -> kubernetes.watches().release();
              }
              Thread.sleep(random.nextInt(100));
            }
            return null;
          });
      var writers = new ArrayList<Callable<Object>>();
      for (int i = 0; i < 20; i++) {
        int number = i;
        writers.add(() -> writeAndRead(number));
      }
      var written = threads.invokeAll(writers);
      running.set(false);
      for (var writer : written) {
        writer.get();
      }
      trouble.get();
    }
    kubernetes.watches().release();
    eventually(() -> resourceVersions(fixture.cluster.statefulSets().values()).equals(onServer()));
    assertThat(resourceVersions(fixture.cluster.statefulSets().all().stream()))
        .isEqualTo(onServer());
  }

  private static Set<String> resourceVersions(Stream<WatchedStatefulSet> all) {
    return all.map(each -> each.getMetadata().getResourceVersion()).collect(Collectors.toSet());
  }

  private Set<String> onServer() {
    return statefulSets().stream()
        .map(each -> each.at("/metadata/resourceVersion").asText())
        .collect(Collectors.toSet());
  }

  /** One LRP is desired, changed and stopped in a random order by one who looks each time. */
  private Object writeAndRead(int number) throws IOException {
    var random = new Random(number);
    var id = new ProcessGuid("guid-" + number, "version");
    boolean there = false;
    for (int i = 0; i < 60; i++) {
      var mark = Integer.toString(i);
      if (!there) {
        lrps.desire(SampleLrp.named(id.guid()).lastUpdated(mark).lrp());
        there = true;
      } else if (random.nextInt(3) == 0) {
        lrps.stop(id);
        there = false;
      } else {
        lrps.update(id, new LrpUpdate(1, List.of(), mark));
      }
      for (int look = 0; look < 3; look++) {
        assertThat(lrps.find(id).map(DesiredLrp::lastUpdated))
            .as("%s after step %d", id, i)
            .isEqualTo(there ? Optional.of(mark) : Optional.empty());
        LockSupport.parkNanos(random.nextInt(3_000_000));
      }
    }
    return number;
  }

  // --- namespaces

  private void label(String namespace, String name, String value) {
    var labelled = InMemoryKubernetes.object("v1", "Namespace", "", namespace);
    labelled.withObject("/metadata/labels").put(name, value);
    kubernetes.asController(
        objects -> objects.create(ResourcePath.of(CORE, "namespaces", "", ""), labelled));
  }

  @Test
  void appsOfANamespaceThatIsPinnedStandOnThatVersion() throws IOException {
    label("apps", Labels.PIN, "0");
    lrps.desire(sample().lrp());
    assertThat(statefulSet().at("/metadata/annotations/dropship~1rootfs").asText())
        .isEqualTo("stack/0");
    assertThat(lrps.find(ID).orElseThrow().image())
        .endsWith(InMemoryRegistry.digest("droplet-guid", "droplet-hash.stack-0").value());
  }

  @Test
  void appsOfANamespaceWhoseStackHasNothingActiveAreNotDesiredAndThatIsSaid() {
    label("apps", Labels.STACK, "empty");
    assertThatThrownBy(() -> lrps.desire(sample().lrp()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no root file system of empty is active");
  }

  @Test
  void appsOfDifferentSpacesAreInDifferentNamespaces(@TempDir Path directory) throws IOException {
    var settings =
        new NamespaceSettings(
            "cf-{space}",
            "cf",
            "pull-secret",
            "registry.example.com:5000",
            Optional.empty(),
            KubernetesFixture.NO_NETWORK);
    try (var perSpace = new KubernetesFixture(directory, settings)) {
      perSpace.start();
      for (var space : List.of("a", "b")) {
        perSpace.lrps.desire(
            SampleLrp.named("guid-" + space)
                .app(new App("app", "dora", space, "staging", "org", "acme"))
                .instances(2)
                .lrp());
      }
      assertThat(perSpace.kubernetes.objects().all(APPS, "statefulsets"))
          .extracting(each -> each.at("/metadata/namespace").asText())
          .containsExactlyInAnyOrder("cf-a", "cf-b");
      eventually(() -> perSpace.cluster.statefulSets().size() == 2);
      assertThat(perSpace.lrps.list()).hasSize(2);
      perSpace.lrps.update(new ProcessGuid("guid-a", "version"), new LrpUpdate(1, List.of(), "2"));
      perSpace.lrps.stop(new ProcessGuid("guid-b", "version"));
      assertThat(perSpace.kubernetes.objects().all(POLICY, "poddisruptionbudgets")).isEmpty();
      assertThat(perSpace.lrps.list())
          .extracting(each -> each.id().guid())
          .containsExactly("guid-a");
      assertThatThrownBy(() ->
              perSpace.lrps.desire(
                  SampleLrp.named("x").app(new App("app", "", "", "", "", "")).lrp()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  // --- what goes wrong

  @ParameterizedTest
  @CsvSource({
    "500, InternalError",
    "503, ServiceUnavailable",
    "429, TooManyRequests",
    "403, Forbidden",
    "409, Conflict",
    "422, Invalid"
  })
  void whatKubernetesRefusesIsAFailureThatSaysWhatWasTriedAndIsRepaired(int status, String reason)
      throws IOException {
    for (var kind : List.of("secrets", "poddisruptionbudgets", "statefulsets")) {
      kubernetes.fail("POST .*/" + kind, status, reason, 100);
      assertThatThrownBy(() -> lrps.desire(docker().instances(2).lrp()))
          .as(kind)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("guid-version");
      assertThat(lrps.find(ID)).isEmpty();
      kubernetes.heal();
    }
    lrps.desire(docker().instances(2).lrp());
    assertThat(lrps.find(ID)).isPresent();
    assertThat(statefulSets()).hasSize(1);
    assertThat(budgets()).hasSize(1);
    assertThat(logins()).hasSize(1);

    kubernetes.fail("PATCH .*", status, reason, 100);
    assertThatThrownBy(() -> lrps.update(ID, new LrpUpdate(1, List.of(), "2")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("guid-version")
        .hasMessageContaining("as the test wants it");
    assertThat(lrps.find(ID).orElseThrow().lastUpdated()).isEqualTo("1529064800.9");
    kubernetes.heal();
    lrps.update(ID, new LrpUpdate(1, List.of(), "2"));
    assertThat(budgets()).isEmpty();

    for (var kind : List.of("statefulsets", "poddisruptionbudgets", "secrets")) {
      kubernetes.fail("DELETE .*/" + kind + "/.*", status, reason, 100);
      assertThatThrownBy(() -> lrps.stop(ID))
          .as(kind)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("guid-version");
      assertThat(lrps.find(ID)).isPresent(); // so that it is stopped again
      kubernetes.heal();
    }
    lrps.stop(ID);
    assertThat(statefulSets()).isEmpty();
    assertThat(logins()).isEmpty();
  }

  @Test
  void aFailureThatIsOverSoonIsNotEvenNoticed() throws IOException {
    kubernetes.fail("POST .*/statefulsets", 503, "ServiceUnavailable", 1);
    lrps.desire(sample().lrp());
    kubernetes.fail("PATCH .*", 409, "Conflict", 1);
    lrps.update(ID, new LrpUpdate(2, List.of(), "2"));
    assertThat(lrps.find(ID).orElseThrow().instances()).isEqualTo(2);
  }

  @Test
  void whatWasMadeAlthoughItWasSaidToHaveFailedIsThere() throws IOException {
    kubernetes.failAfterwards("POST .*/statefulsets", 500, "InternalError", 1);
    lrps.desire(sample().lrp());
    assertThat(statefulSets()).hasSize(1);
    eventually(() -> lrps.find(ID).isPresent());
  }

  @Test
  void whenKubernetesCannotBeReachedThatIsSaid() throws IOException {
    lrps.desire(sample().instances(2).lrp());
    kubernetes.goAway();
    assertThatThrownBy(() -> lrps.desire(SampleLrp.named("new").lrp()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("new-version");
    assertThatThrownBy(() -> lrps.update(ID, new LrpUpdate(1, List.of(), "2")))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> lrps.stop(ID)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> lrps.stopInstance(ID, 0)).isInstanceOf(IOException.class);
    assertThat(lrps.list()).hasSize(1); // what is known is known
    kubernetes.comeBack();
    fixture.watched();
    lrps.desire(SampleLrp.named("new").lrp());
    lrps.stop(ID);
    assertThat(lrps.list()).extracting(each -> each.id().guid()).containsExactly("new");
    assertThat(budgets()).isEmpty();
  }

  @Test
  void aNamespaceThatSomebodyHasDeletedIsMadeAgain() throws IOException {
    lrps.desire(sample().lrp());
    kubernetes.asController(objects ->
        objects.delete(ResourcePath.of(CORE, "namespaces", "", "apps"), Optional.empty()));
    eventually(() -> lrps.find(ID).isEmpty());
    assertThatThrownBy(() -> lrps.desire(sample().lrp()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("\"apps\" not found");
    lrps.desire(sample().lrp());
    assertThat(statefulSets()).hasSize(1);
  }

  @Test
  void whenTheRegistryCannotBeReachedAnEventSaysSo() throws IOException {
    fixture.registry.setBroken(true);
    for (int i = 0; i < 3; i++) { // as Cloud Controller does; it is said once
      assertThatThrownBy(() -> lrps.desire(sample().lrp())).isInstanceOf(IOException.class);
    }
    assertThat(statefulSets()).isEmpty();
    var events = kubernetes.objects().all(CORE, "events");
    assertThat(events).hasSize(1);
    assertThat(events.getFirst().at("/reason").asText()).isEqualTo("DesireFailed");
    assertThat(events.getFirst().at("/message").asText()).contains("503");
    assertThat(events.getFirst().at("/involvedObject/name").asText())
        .isEqualTo(AppStatefulSet.nameOf(sample().lrp()));
    fixture.registry.setBroken(false);
    lrps.desire(sample().lrp());
    assertThat(statefulSets()).hasSize(1);
  }

  @Test
  void anEventThatCannotBeWrittenHidesNoFailure() {
    kubernetes.fail("POST .*/events", 403, "Forbidden", 100);
    fixture.registry.isUnsuitable("droplet-guid", "../escape climbs out");
    assertThatThrownBy(() -> lrps.desire(sample().lrp()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("../escape climbs out");
  }

  @Test
  void anLrpWhoseRoutesCannotBeReadIsListedAllTheSame() throws IOException {
    lrps.desire(sample().lrp());
    for (var text :
        List.of(
            "",
            "null",
            "{",
            "[null]",
            "[1]",
            "{\"a\":1}",
            "[{\"port\":8080}]",
            "\"x\"",
            "[{\"hostname\":\"a\",\"port\":\"b\"}]",
            "[{\"hostname\":\"a\",\"port\":1,\"x\":2}]")) {
      kubernetes.asController(objects -> {
        var changed = (ObjectNode) statefulSet();
        ((ObjectNode) changed.get("metadata")).remove("resourceVersion");
        changed.withObject("/metadata/annotations").put(Labels.ROUTES, text);
        objects.replace(
            ResourcePath.of(APPS, "statefulsets", "apps", changed.at("/metadata/name").asText()),
            changed);
      });
      eventually(() ->
          fixture
              .cluster
              .statefulSets()
              .oneOf(ID)
              .orElseThrow()
              .annotation(Labels.ROUTES)
              .orElseThrow()
              .equals(text));
      assertThat(lrps.list()).as(text).hasSize(1);
      assertThat(lrps.find(ID).orElseThrow().routes())
          .as(text)
          .allMatch(route -> route.hostname() != null);
    }
  }
}
