package dropship.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.blobstore.log.Logs;
import dropship.blobstore.server.Shutdown;
import dropship.blobstore.server.Tls;
import dropship.blobstore.settings.Address;
import dropship.blobstore.settings.InvalidSettings;
import dropship.blobstore.settings.Settings;
import dropship.scheduler.kubernetes.LrpSettings;
import dropship.scheduler.kubernetes.NetworkSettings;
import dropship.scheduler.peer.Login;
import dropship.scheduler.peer.PeerTls;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be configured, and where it arrives. */
class ConfigTest {
  private static final String LEAST =
      """
      opi: {listen: 0.0.0.0:8085}
      ops: {listen: 127.0.0.1:9091}
      registry: {api: https://registry.internal:8080, address: registry.example.com:5000}
      kubernetes: {namespace: cf-workloads}
      """;

  @TempDir private Path directory;

  @BeforeEach
  void writeFiles() throws Exception {
    for (var name :
        List.of("opi.crt", "opi.key", "cf.crt", "r.crt", "r.pw", "k.yml", "cc.crt", "cc.key")) {
      Files.writeString(file(name), "content of " + name);
    }
  }

  private Path file(String name) {
    return directory.resolve(name);
  }

  private Config read(String yaml, Map<String, String> environment) throws Exception {
    return Config.read(Files.writeString(file("scheduler.yml"), yaml), environment);
  }

  private Config read(String yaml) throws Exception {
    return read(yaml, Map.of());
  }

  @Test
  void hasADefaultForEverythingButPlaces() throws Exception {
    var config = read(LEAST);

    assertThat(config.opi().listen()).isEqualTo(new Address("0.0.0.0", 8085));
    assertThat(config.opi().tls()).isEmpty();
    assertThat(config.ops().listen()).isEqualTo(new Address("127.0.0.1", 9091));
    assertThat(config.registry())
        .isEqualTo(
            new Config.Registry(
                URI.create("https://registry.internal:8080"),
                "registry.example.com:5000",
                URI.create("https://registry.example.com:5000"),
                PeerTls.SYSTEM,
                Optional.empty(),
                "registry-pull"));
    assertThat(config.kubernetes())
        .isEqualTo(new Config.Kubernetes("cf-workloads", Optional.empty(), Optional.empty()));
    assertThat(config.cloudController()).isEmpty();
    assertThat(config.lrps())
        .isEqualTo(
            new LrpSettings(
                "registry-pull",
                2048,
                Duration.ofSeconds(5),
                Duration.ofSeconds(10),
                1024,
                Duration.ofSeconds(5)));
    assertThat(config.network())
        .isEqualTo(
            new NetworkSettings(
                true,
                Map.of("app.kubernetes.io/component", "router"),
                Map.of(),
                List.of("169.254.169.254/32")));
    assertThat(config.rollout()).isEqualTo(new Config.Rollout(10, Duration.ofMinutes(5), false));
    assertThat(config.shutdown()).isEqualTo(new Shutdown(Duration.ZERO, Duration.ofMinutes(1)));
    assertThat(config.logs()).isEqualTo(new Logs(Logs.Format.AUTO, Logs.Level.INFO));
  }

  @Test
  void takesEveryKey() throws Exception {
    var config =
        read(
            """
            opi:
              listen: 127.0.0.1:1
              tls: {certificate: opi.crt, key: opi.key, clientCa: cf.crt}
              connections: 12
            ops: {listen: 127.0.0.1:2, connections: 13}
            registry:
              api: http://api:1
              address: r.example.com
              url: http://r.internal:5000
              ca: r.crt
              user: scheduler
              passwordFile: r.pw
              pullSecret: pull
            kubernetes: {namespace: "cf-{space}", kubeconfig: k.yml, systemNamespace: cf-system}
            cloudController:
              endpoint: https://cc.internal:9023
              tls: {certificate: cc.crt, key: cc.key, ca: cf.crt}
            lrps: {disk: 1GiB, drain: 7s, grace: 8s}
            tasks: {memory: 512MiB, ttl: 9s}
            networkPolicies:
              enabled: false
              router: {namespace: "a/b=c", pods: "d=e,f=g"}
              blockedEgress: [10.0.0.0/8, "fd00::/8"]
            rollout: {concurrentApps: 3, readyTimeout: 1m, prePull: true}
            limits: {headers: 32KiB}
            shutdown: {delay: 3s, grace: 4s}
            log: {format: json, level: debug}
            """);

    assertThat(config.opi().listen().port()).isEqualTo(1);
    assertThat(config.opi().tls())
        .contains(new Tls(file("opi.crt"), file("opi.key"), Optional.of(file("cf.crt"))));
    assertThat(config.opi().connections()).isEqualTo(12);
    assertThat(config.ops().connections()).isEqualTo(13);
    assertThat(config.registry())
        .isEqualTo(
            new Config.Registry(
                URI.create("http://api:1"),
                "r.example.com",
                URI.create("http://r.internal:5000"),
                new PeerTls(Optional.of(file("r.crt")), Optional.empty(), Optional.empty()),
                Optional.of(new Login("scheduler", file("r.pw"))),
                "pull"));
    assertThat(config.kubernetes())
        .isEqualTo(
            new Config.Kubernetes(
                "cf-{space}", Optional.of(file("k.yml")), Optional.of("cf-system")));
    assertThat(config.cloudController())
        .contains(
            new Config.CloudController(
                URI.create("https://cc.internal:9023"),
                new PeerTls(
                    Optional.of(file("cf.crt")),
                    Optional.of(file("cc.crt")),
                    Optional.of(file("cc.key")))));
    assertThat(config.lrps())
        .isEqualTo(
            new LrpSettings(
                "pull",
                1024,
                Duration.ofSeconds(7),
                Duration.ofSeconds(8),
                512,
                Duration.ofSeconds(9)));
    assertThat(config.network())
        .isEqualTo(
            new NetworkSettings(
                false,
                Map.of("a/b", "c"),
                Map.of("d", "e", "f", "g"),
                List.of("10.0.0.0/8", "fd00::/8")));
    assertThat(config.rollout()).isEqualTo(new Config.Rollout(3, Duration.ofMinutes(1), true));
    assertThat(config.http().headers()).isEqualTo(32 * 1024);
    assertThat(config.shutdown())
        .isEqualTo(new Shutdown(Duration.ofSeconds(3), Duration.ofSeconds(4)));
    assertThat(config.logs()).isEqualTo(new Logs(Logs.Format.JSON, Logs.Level.DEBUG));
  }

  @Test
  void takesVariablesForKeys() throws Exception {
    var config =
        read(
            LEAST,
            Map.of(
                "DROPSHIP_KUBERNETES_NAMESPACE", "others",
                "DROPSHIP_CLOUD_CONTROLLER_ENDPOINT", "https://cc:1",
                "DROPSHIP_NETWORK_POLICIES_BLOCKED_EGRESS", "[\"10.0.0.0/8\"]"));

    assertThat(config.kubernetes().namespace()).isEqualTo("others");
    assertThat(config.cloudController()).isPresent();
    assertThat(config.network().blocked()).containsExactly("10.0.0.0/8");
  }

  @Test
  void warnsOnlyOfVariablesThatNobodyReads() throws Exception {
    var settings =
        Settings.of(
            LEAST,
            file("scheduler.yml"),
            Map.of("DROPSHIP_PORT", "tcp://1", "DROPSHIP_JAVA_HOME", "x", "DROPSHIP_USER", "y"));
    Config.from(settings);

    assertThat(Config.mistakenVariables(settings)).containsExactly("DROPSHIP_PORT");
  }

  @Test
  void saysEverythingThatIsWrongAtOnce() {
    assertThatThrownBy(() ->
            read(
                """
                opi: {listen: here, tls: {certificate: opi.crt}, host: a}
                ops: {}
                registry: {api: registry, address: "https://r", user: me}
                kubernetes: {namespace: CF}
                cloudController: {endpoint: "ftp://cc", tls: {key: cc.key}}
                networkPolicies: {router: {pods: all}, blockedEgress: [10.0.0.1]}
                rollout: {concurrentApps: many}
                staging: {}
                """))
        .isInstanceOfSatisfying(
            InvalidSettings.class,
            e ->
                assertThat(e.problems())
                    .extracting(problem -> problem.substring(0, problem.indexOf(':')))
                    .containsExactlyInAnyOrder(
                        "opi.listen",
                        "opi.tls.key",
                        "opi.host",
                        "ops.listen",
                        "registry.api",
                        "registry.address",
                        "registry.passwordFile",
                        "kubernetes.namespace",
                        "cloudController.endpoint",
                        "cloudController.tls.certificate",
                        "networkPolicies.router.pods",
                        "networkPolicies.blockedEgress",
                        "rollout.concurrentApps",
                        "staging"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"cf-workloads", "a", "cf-{space}", "{space}", "{space}-cf", "a-{space}-b"})
  void knowsNamesOfNamespaces(String name) throws Exception {
    assertThat(read(LEAST, Map.of("DROPSHIP_KUBERNETES_NAMESPACE", name)).kubernetes().namespace())
        .isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "CF",
        "-a",
        "a-",
        "a.b",
        "a_b",
        "{org}",
        "{space}{space}",
        "{space}-",
        "a b",
        "a-name-that-is-too-long-beside-{space}",
        "a-name-that-has-more-characters-than-kubernetes-allows-which-is-63"
      })
  void knowsWhatIsNoNameOfANamespace(String name) {
    assertThatThrownBy(() -> read(LEAST, Map.of("DROPSHIP_KUBERNETES_NAMESPACE", name)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("kubernetes.namespace");
  }

  @ParameterizedTest
  @CsvSource({"0.0.0.0:8085", "127.0.0.1:9091"})
  void wantsAnAddressForEachSide(String address) {
    assertThatThrownBy(() ->
            read(LEAST, Map.of("DROPSHIP_OPI_LISTEN", address, "DROPSHIP_OPS_LISTEN", address)))
        .hasMessageContaining("expected another address than opi.listen");
  }
}
