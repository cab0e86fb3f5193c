package dropship.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dropship.blobstore.log.Logs;
import dropship.blobstore.resource.Droplets;
import dropship.blobstore.server.HttpLimits;
import dropship.blobstore.server.Shutdown;
import dropship.blobstore.server.Surface;
import dropship.blobstore.server.User.Action;
import dropship.blobstore.settings.Address;
import dropship.blobstore.settings.InvalidSettings;
import dropship.blobstore.settings.Settings;
import dropship.blobstore.signing.SigningKeys;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.s3.S3Connection;
import dropship.rootfs.layer.Compression;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowingConsumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be configured, and where it arrives. */
class ConfigTest {
  private static final long MIB = 1 << 20;
  private static final String LEAST =
      """
      registry: {listen: 0.0.0.0:5000}
      api: {listen: 127.0.0.1:8080}
      ops: {listen: 127.0.0.1:9090}
      store: {path: data}
      """;

  @TempDir Path directory;

  @BeforeEach
  void writeFiles() throws Exception {
    for (var name :
        new String[] {"a.pw", "b.pw", "tls.crt", "tls.key", "api.crt", "api.key", "ca.crt"}) {
      Files.writeString(directory.resolve(name), "content of " + name);
    }
  }

  private Config read(String yaml, Map<String, String> environment) throws Exception {
    return Config.read(Files.writeString(directory.resolve("dropship.yml"), yaml), environment);
  }

  private Config read(String yaml) throws Exception {
    return read(yaml, Map.of());
  }

  @Test
  void hasADefaultForEverythingButWhereToListenAndToStore() throws Exception {
    var config = read(LEAST);

    assertThat(config.registry().listen()).isEqualTo(new Address("0.0.0.0", 5000));
    assertThat(config.registry().tls()).isEmpty();
    assertThat(config.registry().users().isEmpty()).isTrue();
    assertThat(config.registryName()).isEqualTo("0.0.0.0:5000");
    assertThat(config.api().listen()).isEqualTo(new Address("127.0.0.1", 8080));
    assertThat(config.ops().listen()).isEqualTo(new Address("127.0.0.1", 9090));
    assertThat(config.store()).isEqualTo(new Config.Store.Local(directory.resolve("data")));
    assertThat(config.image().compression()).isEqualTo(Compression.ZSTD);
    assertThat(config.image().maxUncompressedSize()).isEqualTo(8192 * MIB);
    assertThat(config.image().maxEntries()).isEqualTo(500_000);
    assertThat(config.defaultStack()).isEqualTo("cflinuxfs4");
    assertThat(config.rootfs().compression()).isEqualTo(Compression.ZSTD);
    assertThat(config.rootfs().retention()).isEqualTo(Duration.ofDays(30));
    assertThat(config.droplets().bytes()).isEqualTo(1536 * MIB);
    assertThat(config.registry().connections()).isEqualTo(16384);
    assertThat(config.signed()).isEmpty();
    assertThat(config.uploads()).isEqualTo(new Droplets.Limits(32, Duration.ofMinutes(1)));
    assertThat(config.http())
        .isEqualTo(
            new HttpLimits(
                8192,
                16384,
                Duration.ofSeconds(30),
                Duration.ofMinutes(2),
                Duration.ofMinutes(10)));
    assertThat(config.shutdown()).isEqualTo(new Shutdown(Duration.ZERO, Duration.ofMinutes(1)));
    assertThat(config.logs()).isEqualTo(new Logs(Logs.Format.AUTO, Logs.Level.INFO));
  }

  @Test
  void takesEveryKey() throws Exception {
    var config =
        read(
            """
            registry:
              listen: "[::1]:5001"
              host: registry.example.com:5002
              connections: 11
              tls: {certificate: tls.crt, key: tls.key}
              users:
                - {name: kubelet, passwordFile: a.pw, actions: [pull]}
                - {name: ci, passwordFile: b.pw, actions: [pull, push]}
            api:
              listen: 127.0.0.1:8081
              host: bits.internal
              tls: {certificate: api.crt, key: api.key, clientCa: ca.crt}
              users: [{name: operator, passwordFile: a.pw, actions: [admin]}]
              connections: 12
              allowShared: true
            public:
              listen: 127.0.0.1:8081
              host: bits.example.com
              url: https://bits.example.com
              tls: {certificate: api.crt, key: api.key, clientCa: ca.crt}
              connections: 13
              signing: {activeKey: k1, keys: {k1: {secretFile: a.pw}}, secretFile: b.pw}
            ops: {listen: 127.0.0.1:9091, connections: 14}
            store: {type: memory}
            image: {compression: gzip, maxUncompressedSize: 3GiB, maxEntries: 7}
            rootfs: {stack: cflinuxfs5, retention: 12h}
            limits:
              droplets: 5MiB
              uploads: 3
              readTimeout: 4s
              requestLine: 5KiB
              headers: 6KiB
              headTimeout: 7s
              keepAliveTimeout: 8s
              idleTimeout: 9s
            shutdown: {delay: 10s, grace: 11s}
            log: {format: json, level: debug}
            """);

    assertThat(config.registry().listen()).isEqualTo(new Address("::1", 5001));
    assertThat(config.registryName()).isEqualTo("registry.example.com:5002");
    var tls = config.registry().tls().orElseThrow();
    assertThat(tls.certificate()).isEqualTo(directory.resolve("tls.crt"));
    assertThat(tls.key()).isEqualTo(directory.resolve("tls.key"));
    assertThat(config.registry().users().anybodyMay(Action.PULL)).isTrue();
    assertThat(config.registry().users().anybodyMay(Action.PUSH)).isTrue();
    assertThat(config.registry().users().anybodyMay(Action.ADMIN)).isFalse();
    assertThat(config.api().listen()).isEqualTo(new Address("127.0.0.1", 8081));
    assertThat(config.api().tls().orElseThrow().certificate())
        .isEqualTo(directory.resolve("api.crt"));
    assertThat(config.api().users().anybodyMay(Action.ADMIN)).isTrue();
    assertThat(config.ops().listen()).isEqualTo(new Address("127.0.0.1", 9091));
    assertThat(config.store()).isEqualTo(new Config.Store.Memory());
    assertThat(config.image().compression()).isEqualTo(Compression.GZIP);
    assertThat(config.image().maxUncompressedSize()).isEqualTo(3072 * MIB);
    assertThat(config.image().maxEntries()).isEqualTo(7);
    assertThat(config.defaultStack()).isEqualTo("cflinuxfs5");
    assertThat(config.rootfs().compression()).isEqualTo(Compression.GZIP);
    assertThat(config.rootfs().retention()).isEqualTo(Duration.ofHours(12));
    assertThat(config.droplets().bytes()).isEqualTo(5 * MIB);
    assertThat(config.api().host()).contains("bits.internal");
    assertThat(config.api().tls().orElseThrow().clientCa()).contains(directory.resolve("ca.crt"));
    var signed = config.signed().orElseThrow();
    assertThat(signed.surface().host()).contains("bits.example.com");
    assertThat(signed.url(1)).hasToString("https://bits.example.com");
    assertThat(signed.signing().read())
        .isEqualTo(
            new SigningKeys(
                Optional.of("k1"),
                Map.of("k1", "content of a.pw"),
                Optional.of("content of b.pw")));
    assertThat(config.surfaces())
        .extracting(Surface::name, Surface::connections)
        .containsExactly(
            tuple("ops", 14), tuple("api", 12), tuple("public", 13), tuple("registry", 11));
    assertThat(config.uploads()).isEqualTo(new Droplets.Limits(3, Duration.ofSeconds(4)));
    assertThat(config.http())
        .isEqualTo(
            new HttpLimits(
                5 * 1024,
                6 * 1024,
                Duration.ofSeconds(7),
                Duration.ofSeconds(8),
                Duration.ofSeconds(9)));
    assertThat(config.shutdown())
        .isEqualTo(new Shutdown(Duration.ofSeconds(10), Duration.ofSeconds(11)));
    assertThat(config.logs()).isEqualTo(new Logs(Logs.Format.JSON, Logs.Level.DEBUG));
  }

  @Test
  void letsTheEnvironmentReplaceAnyKey() throws Exception {
    var config =
        read(
            LEAST,
            Map.of(
                "DROPSHIP_REGISTRY_LISTEN", "127.0.0.1:6000",
                "DROPSHIP_REGISTRY_TLS_CERTIFICATE", "tls.crt",
                "DROPSHIP_REGISTRY_TLS_KEY", "tls.key",
                "DROPSHIP_API_USERS",
                    "[{\"name\":\"me\",\"passwordFile\":\"a.pw\",\"actions\":[\"admin\"]}]",
                "DROPSHIP_STORE_PATH", "/elsewhere",
                "DROPSHIP_IMAGE_MAX_UNCOMPRESSED_SIZE", "1GiB",
                "DROPSHIP_IMAGE_COMPRESSION", "none",
                "DROPSHIP_ROOTFS_RETENTION", "1d",
                "DROPSHIP_LIMITS_DROPLETS", "0B",
                // Kubernetes adds such to every container.
                "DROPSHIP_PORT", "tcp://10.0.0.1:80"));

    assertThat(config.registry().listen()).isEqualTo(new Address("127.0.0.1", 6000));
    assertThat(config.registry().tls()).isPresent();
    assertThat(config.api().users().anybodyMay(Action.ADMIN)).isTrue();
    assertThat(config.store()).isEqualTo(new Config.Store.Local(Path.of("/elsewhere")));
    assertThat(config.image().maxUncompressedSize()).isEqualTo(1024 * MIB);
    assertThat(config.image().compression()).isEqualTo(Compression.NONE);
    assertThat(config.rootfs().retention()).isEqualTo(Duration.ofDays(1));
    assertThat(config.droplets().bytes()).isZero();
  }

  @Test
  void namesEveryMistakeAtOnceWithItsKeyItsValueAndWhatWasExpected() {
    var yaml =
        """
        registry:
          listen: nowhere
          host: "a b"
          tls: {certificate: missing.crt, key: tls.key, extra: 1}
          users:
            - {name: "a:b", passwordFile: a.pw, actions: [pull]}
            - {name: twice, passwordFile: missing.pw, actions: [fly]}
            - {name: twice, passwordFile: a.pw, actions: [pull], color: red}
        api: {}
        ops: {listen: 127.0.0.1:99999}
        store: {type: tape}
        image: {compression: rar, maxUncompressedSize: 8, maxEntries: many}
        rootfs: {stack: UPPER, retention: 30}
        limits: {droplets: -1MiB}
        spare: true
        """;

    assertThatThrownBy(() -> read(yaml))
        .isInstanceOfSatisfying(
            InvalidSettings.class,
            invalid ->
                assertThat(invalid.problems())
                    .satisfiesExactlyInAnyOrder(
                        starts("registry.listen: is 'nowhere', expected host:port such as"),
                        starts("registry.host: is 'a b', expected a host name"),
                        starts(
                            "registry.tls.certificate: is 'missing.crt', expected the path of a file"),
                        starts(
                            "registry.tls.extra: not a key; expected one of: certificate, clientCa, key"),
                        starts("registry.users[0].name: is 'a:b', expected a name without ':'"),
                        starts(
                            "registry.users[1].passwordFile: is 'missing.pw', expected the path"),
                        starts(
                            "registry.users[1].actions: is 'fly', expected one of: pull, push, admin"),
                        starts(
                            "registry.users[2].color: not a key; expected one of: actions, name"),
                        problem ->
                            assertThat(problem)
                                .startsWith("registry.users: is ")
                                .endsWith("expected each name once, but 'twice' comes twice"),
                        starts("api.listen: expected host:port such as"),
                        starts("ops.listen: is '127.0.0.1:99999', expected host:port such as"),
                        starts("store.type: is 'tape', expected one of: local, memory"),
                        starts("store.path: expected a path"),
                        starts("image.compression: is 'rar', expected one of: zstd, gzip, none"),
                        starts("image.maxUncompressedSize: is 8, expected a size such as"),
                        starts("image.maxEntries: is 'many', expected a whole number"),
                        starts("rootfs.stack: is 'UPPER', expected a stack such as"),
                        starts("rootfs.retention: is 30, expected a duration such as"),
                        starts("limits.droplets: is '-1MiB', expected a size such as"),
                        starts(
                            "spare: not a key; expected one of: api, gc, image, limits, log, ops, public, registry")));
  }

  private static final String SURFACES =
      """
      registry: {listen: 127.0.0.1:5000}
      api: {listen: 127.0.0.1:8080}
      ops: {listen: 127.0.0.1:9090}
      """;

  @Test
  void takesEveryKeyOfS3() throws Exception {
    Files.writeString(directory.resolve("secret.key"), "secret");
    Files.writeString(directory.resolve("s3.crt"), "certificate");
    var yaml =
        """
        store:
          type: s3
          scratch: scratch
          s3:
            endpoint: https://s3.internal:9000
            region: eu-central-1
            bucket: everything
            prefix: some/where
            pathStyle: true
            accessKey: id
            secretKeyFile: secret.key
            ca: s3.crt
            encryption: kms
            kmsKeyId: key-1
            redirect: true
            publicEndpoint: https://s3.example.com
            connections: 12
            cache: {path: cache, size: 20GiB}
          droplets: {bucket: cc-droplets}
        """;

    assertThat(read(SURFACES + yaml).store())
        .isEqualTo(
            new Config.Store.S3(
                new S3Connection.Settings(
                    Optional.of(URI.create("https://s3.internal:9000")),
                    "eu-central-1",
                    true,
                    Optional.of(new S3Connection.Keys("id", directory.resolve("secret.key"))),
                    Optional.of(directory.resolve("s3.crt")),
                    Optional.of(new S3Connection.Encryption("aws:kms", Optional.of("key-1"))),
                    true,
                    Optional.of(URI.create("https://s3.example.com")),
                    12),
                new Config.Place("cc-droplets", Optional.empty()),
                new Config.Place("everything", Optional.of(new BlobKey("some/where/dropship"))),
                Optional.of(new Config.Cache(directory.resolve("cache"), 20L << 30)),
                Optional.of(directory.resolve("scratch"))));
  }

  @Test
  void keepsDropletsAndOursApartInOneBucket() throws Exception {
    var store = (Config.Store.S3) read(SURFACES + "store: {type: s3, s3: {bucket: all}}").store();

    assertThat(store.droplets())
        .isEqualTo(new Config.Place("all", Optional.of(new BlobKey("cc-droplets"))));
    assertThat(store.ours())
        .isEqualTo(new Config.Place("all", Optional.of(new BlobKey("dropship"))));
    assertThat(store.connection().keys()).isEmpty();
  }

  @Test
  void saysAllThatIsWrongWithS3() {
    var yaml =
        """
        store:
          type: s3
          path: data
          s3: {endpoint: s3.internal, prefix: /a, accessKey: id, kmsKeyId: key, encryption: rot13}
          droplets: {bucket: Upper_Case}
        """;

    assertThatThrownBy(() -> read(SURFACES + yaml))
        .isInstanceOfSatisfying(
            InvalidSettings.class,
            invalid ->
                assertThat(invalid.problems())
                    .satisfiesExactlyInAnyOrder(
                        starts("store.path: not a key"),
                        starts("store.s3.bucket: expected the name of a bucket"),
                        starts("store.s3.endpoint: is 's3.internal', expected a URL"),
                        starts("store.s3.prefix: is '/a', expected a key such as a/b"),
                        starts("store.s3.secretKeyFile: expected a file"),
                        starts("store.s3.kmsKeyId: is 'key', expected encryption: kms"),
                        starts("store.s3.encryption: is 'rot13', expected one of: bucket, aes256"),
                        starts("store.droplets.bucket: is 'Upper_Case', expected the name")));
  }

  @Test
  void wantsToKnowWhereACacheIsAndHowLarge() {
    var halves =
        Map.of(
            "{path: cache}", "store.s3.cache.size: expected a size such as 20GiB",
            "{size: 20GiB}", "store.s3.cache.path: expected a folder",
            "{path: cache, size: much}", "store.s3.cache.size: is 'much', expected a size");

    halves.forEach((cache, problem) ->
        assertThatThrownBy(
                () -> read(SURFACES + "store: {type: s3, s3: {bucket: all, cache: " + cache + "}}"))
            .isInstanceOfSatisfying(
                InvalidSettings.class,
                invalid -> assertThat(invalid.problems()).satisfiesExactly(starts(problem))));
  }

  @Test
  void givesALocalStoreNoBuckets() {
    assertThatThrownBy(() -> read(SURFACES + "store: {path: data, droplets: {bucket: cc}}"))
        .isInstanceOfSatisfying(
            InvalidSettings.class,
            invalid ->
                assertThat(invalid.problems())
                    .satisfiesExactly(starts("store.droplets: not a key")));
  }

  @Test
  void sharesAListenerOnlyWhereRequestsCanBeToldApartSafely() {
    var yaml =
        """
        registry: {listen: 0.0.0.0:443, tls: {certificate: tls.crt, key: tls.key}}
        api: {listen: 0.0.0.0:443, tls: {certificate: api.crt, key: api.key}}
        public: {listen: 0.0.0.0:443, host: a.example.com, signing: {secretFile: a.pw}}
        ops: {listen: 0.0.0.0:443}
        store: {path: data}
        """;

    assertThatThrownBy(() -> read(yaml))
        .isInstanceOfSatisfying(
            InvalidSettings.class,
            invalid ->
                assertThat(invalid.problems())
                    .contains(
                        "api.listen: is '0.0.0.0:443', is also public.listen: whoever reaches that"
                            + " could name api's host and use it; expected an address of its own, or"
                            + " allowShared: true",
                        "api.host: expected a host, as several surfaces share its listener",
                        "public.tls: expected the same as api.tls, as they share a listener",
                        "ops.listen: is '0.0.0.0:443', expected another address than registry.listen")
                    .noneMatch(problem -> problem.startsWith("registry.host"))
                    .noneMatch(problem -> problem.startsWith("public.host")));
  }

  @Test
  void wantsSecretsToSignWith() throws Exception {
    Files.writeString(directory.resolve("empty"), "\n");
    var signing =
        Map.of(
            "{}", "expected keys of which one is active, or a secret",
            "{secretFile: empty}", "the signing secret is empty",
            "{activeKey: k2, keys: {k1: {secretFile: a.pw}}}", "the active signing key is 'k2'",
            "{secretFile: missing}", "public.signing.secretFile: is 'missing'");

    signing.forEach((yaml, reason) ->
        assertThatThrownBy(
                () -> read(LEAST + "public: {listen: 127.0.0.1:81, signing: " + yaml + "}"))
            .isInstanceOf(InvalidSettings.class)
            .hasMessageContaining(reason)
            .hasMessageContaining("1 problem:"));
  }

  @Test
  void findsVariablesThatReplaceNothing() throws Exception {
    var file = Files.writeString(directory.resolve("dropship.yml"), LEAST);
    var settings =
        Settings.read(
            file,
            Map.of(
                "DROPSHIP_REGISTRY_LISTEN", "127.0.0.1:6000",
                "DROPSHIP_REGISTRY_LISTN", "127.0.0.1:6000",
                "DROPSHIP_PUBLIC_PORT", "tcp://10.0.0.1:80",
                "DROPSHIP_SERVER", "https://bits.internal",
                "PATH", "/bin"));

    assertThat(Config.from(settings).signed()).isEmpty();
    assertThat(Config.mistakenVariables(settings))
        .containsExactly("DROPSHIP_PUBLIC_PORT", "DROPSHIP_REGISTRY_LISTN");
  }

  private static ThrowingConsumer<String> starts(String start) {
    return problem -> assertThat(problem).startsWith(start);
  }

  @Test
  void neverShowsAPassword() throws Exception {
    var config =
        read(
            LEAST + "\n",
            Map.of(
                "DROPSHIP_REGISTRY_USERS",
                "[{\"name\":\"me\",\"passwordFile\":\"a.pw\",\"actions\":[\"pull\"]}]"));

    assertThat(config.toString()).doesNotContain("content of a.pw");
  }

  @Test
  void refusesAnEmptyPassword() throws Exception {
    Files.writeString(directory.resolve("a.pw"), "\n");

    assertThatThrownBy(() ->
            read(
                LEAST.replace(
                    "{listen: 127.0.0.1:8080}",
                    "{listen: 127.0.0.1:8080, users: [{name: a, passwordFile: a.pw, actions: [admin]}]}")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("api.users[0].passwordFile")
        .hasMessageContaining("empty");
  }
}
