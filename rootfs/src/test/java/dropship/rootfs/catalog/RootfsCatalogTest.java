package dropship.rootfs.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Digest;
import dropship.blobstore.content.InputReadStream;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Tombstones;
import dropship.blobstore.store.memory.MemoryBlobstore;
import dropship.rootfs.layer.Compression;
import dropship.rootfs.layer.Layers;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RootfsCatalogTest {
  private static final RootfsId ONE = new RootfsId("cflinuxfs4", "1");
  private static final RootfsId TWO = new RootfsId("cflinuxfs4", "2");
  private static final Duration RETENTION = Duration.ofDays(30);

  private final Vertx vertx = Vertx.vertx();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Blobstore store = new MemoryBlobstore(vertx);
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
  private final InstantSource time = now::get;
  @TempDir private Path scratch;

  @AfterEach
  void close() {
    await(vertx.close());
    threads.shutdownNow();
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void compressesAPlainTarAsConfigured(Compression compression) throws IOException {
    var tar = tar("etc/issue", "one".getBytes());

    var version = imported(newCatalog(compression), ONE, tar);

    var layer = version.layers().getFirst();
    assertThat(layer.compression()).isEqualTo(compression);
    assertThat(layer.diffId().digest()).isEqualTo(Digest.of(tar));
    assertThat(layer.uncompressedSize()).isEqualTo(tar.length);
    assertThat(Digest.of(bytesOf(layer.key().value()))).isEqualTo(layer.digest());
    var unpacked =
        await(
            new Layers(vertx, store, tombstones(), threads)
                .openUncompressed(layer, ByteRange.ALL)
                .compose(content -> content.toBuffer(vertx, tar.length)));
    assertThat(unpacked.getBytes()).isEqualTo(tar);
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"ZSTD", "GZIP"})
  void keepsACompressedTarByteForByte(Compression theirs) throws IOException {
    var tar = tar("etc/issue", "one".getBytes());
    var compressed = compress(theirs, tar);

    var layer = imported(newCatalog(Compression.ZSTD), ONE, compressed).layers().getFirst();

    assertThat(layer.compression()).isEqualTo(theirs);
    assertThat(layer.digest()).isEqualTo(Digest.of(compressed));
    assertThat(layer.diffId().digest()).isEqualTo(Digest.of(tar));
    assertThat(bytesOf(layer.key().value())).isEqualTo(compressed);
  }

  @Test
  void findsOutTheArchitecture() throws IOException {
    var arm = new byte[100];
    arm[0] = 0x7f;
    arm[1] = 'E';
    arm[2] = 'L';
    arm[3] = 'F';
    arm[5] = 1;
    arm[18] = (byte) 0xb7;
    var catalog = newCatalog(Compression.ZSTD);

    assertThat(imported(catalog, ONE, tar("bin/sh", arm)).architecture()).isEqualTo("arm64");
    assertThat(imported(catalog, TWO, tar("bin/sh", "#!".getBytes())).architecture())
        .isEqualTo("amd64");
  }

  @ParameterizedTest
  @ValueSource(strings = {"oci-layout", "./index.json", "repositories"})
  void refusesAFileThatHoldsAnImage(String name) throws IOException {
    var catalog = newCatalog(Compression.ZSTD);

    assertThatThrownBy(() -> imported(catalog, ONE, tar(name, "{}".getBytes())))
        .isInstanceOf(InvalidRootfs.class)
        .hasMessageContaining("docker export");
    assertThat(catalog.versions()).isEmpty();
  }

  @Test
  void refusesWhatIsNoTarAndKeepsNothing() throws IOException {
    var catalog = newCatalog(Compression.ZSTD);
    var cut = compress(Compression.GZIP, tar("etc/issue", new byte[100_000]));
    for (var file :
        List.of(
            new byte[0],
            "not a tar at all".repeat(100).getBytes(),
            Arrays.copyOf(cut, cut.length / 2),
            compress(Compression.ZSTD, "nothing".getBytes()))) {
      assertThatThrownBy(() -> imported(catalog, ONE, file)).isInstanceOf(InvalidRootfs.class);
    }

    assertThat(catalog.versions()).isEmpty();
    for (var all : List.of("rootfs", "layers")) {
      assertThat(await(store.list(new BlobKey(all), Optional.empty()))).isEmpty();
    }
    try (var files = Files.list(scratch)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void takesTheSameBytesAgainAndNoOthers() throws IOException {
    var catalog = newCatalog(Compression.ZSTD);
    var tar = tar("etc/issue", "one".getBytes());
    var first = imported(catalog, ONE, tar);

    var again = await(onContext(() -> catalog.importVersion(ONE, stream(tar))));

    assertThat(again.isNew()).isFalse();
    assertThat(again.version()).isEqualTo(first);
    assertThatThrownBy(() -> imported(catalog, ONE, tar("etc/issue", "two".getBytes())))
        .isInstanceOf(RootfsConflict.class)
        .hasMessageContaining("other content");
    assertThat(catalog.versions()).containsExactly(first);
  }

  @Test
  void letsManyImportTheSameAtOnce() throws IOException {
    var catalog = newCatalog(Compression.ZSTD);
    var tar = tar("etc/issue", "one".getBytes());

    var imports =
        IntStream.range(0, 8)
            .mapToObj(i -> onContext(() -> catalog.importVersion(ONE, stream(tar))))
            .toList();
    await(Future.all(imports));

    assertThat(imports).filteredOn(each -> each.result().isNew()).hasSize(1);
    assertThat(catalog.versions()).hasSize(1);
  }

  @Test
  void activatesAndGoesBack() throws IOException {
    var catalog = newCatalog(Compression.ZSTD);
    imported(catalog, ONE, tar("etc/issue", "one".getBytes()));
    imported(catalog, TWO, tar("etc/issue", "two".getBytes()));
    assertThat(catalog.active("cflinuxfs4")).isEmpty();

    await(catalog.activate(ONE));
    var active = await(catalog.activate(TWO));

    assertThat(active.previous()).contains("1");
    assertThat(catalog.active("cflinuxfs4")).map(RootfsVersion::id).contains(TWO);
    assertThat(catalog.active("another")).isEmpty();
    assertThat(await(catalog.activate(TWO))).isEqualTo(active);
    await(catalog.activate(ONE));
    assertThat(catalog.active("cflinuxfs4")).map(RootfsVersion::id).contains(ONE);
  }

  @Test
  void activatesNothingThatIsNotThere() throws IOException {
    var catalog = newCatalog(Compression.ZSTD);

    assertThatThrownBy(() -> await(catalog.activate(ONE)))
        .isInstanceOf(RootfsUnknown.class)
        .hasMessageContaining("import it first");
  }

  @Test
  void removesWhatIsNotActiveButKeepsItForTheRetention() throws IOException {
    var catalog = newCatalog(Compression.ZSTD);
    imported(catalog, ONE, tar("etc/issue", "one".getBytes()));
    imported(catalog, TWO, tar("etc/issue", "two".getBytes()));
    await(catalog.activate(TWO));

    assertThatThrownBy(() -> await(catalog.remove(TWO))).isInstanceOf(RootfsConflict.class);
    await(catalog.remove(ONE));

    assertThat(catalog.versions()).hasSize(2);
    assertThatThrownBy(() -> await(catalog.activate(ONE))).isInstanceOf(RootfsUnknown.class);
    now.set(now.get().plus(RETENTION));
    assertThat(catalog.versions()).map(RootfsVersion::id).containsExactly(TWO);
  }

  @Test
  void bringsBackARemovedVersionThatIsImportedAgain() throws IOException {
    var catalog = newCatalog(Compression.ZSTD);
    var tar = tar("etc/issue", "one".getBytes());
    var before = imported(catalog, ONE, tar);
    await(catalog.remove(ONE));

    assertThat(imported(catalog, ONE, tar)).isEqualTo(before);
    await(catalog.activate(ONE));
  }

  @Test
  void findsEverythingAgainInTheStore() throws IOException {
    var catalog = newCatalog(Compression.ZSTD);
    imported(catalog, ONE, tar("etc/issue", "one".getBytes()));
    await(catalog.activate(ONE));

    var later = newCatalog(Compression.GZIP);
    await(later.refresh());

    assertThat(later.versions()).isEqualTo(catalog.versions());
    assertThat(later.active()).isEqualTo(catalog.active());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "active", "a/b", "a b", "1:2", "..//"})
  void refusesAVersionThatIsNoPartOfATag(String version) {
    assertThatThrownBy(() -> new RootfsId("cflinuxfs4", version))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a version");
  }

  private RootfsCatalog newCatalog(Compression compression) {
    return new RootfsCatalog(
        vertx,
        store,
        tombstones(),
        new RootfsCatalog.Settings(compression, RETENTION),
        scratch,
        threads,
        time.withZone(ZoneOffset.UTC));
  }

  private Tombstones tombstones() {
    return new Tombstones(vertx, store, Duration.ofHours(1), time.withZone(ZoneOffset.UTC));
  }

  private RootfsVersion imported(RootfsCatalog catalog, RootfsId id, byte[] file) {
    return await(onContext(() -> catalog.importVersion(id, stream(file)))).version();
  }

  private InputReadStream stream(byte[] bytes) {
    return new InputReadStream(vertx, new ByteArrayInputStream(bytes));
  }

  private <T> Future<T> onContext(Supplier<Future<T>> work) {
    var done = Promise.<T>promise();
    vertx.getOrCreateContext().runOnContext(on -> work.get().onComplete(done));
    return done.future();
  }

  private byte[] bytesOf(String key) {
    return await(
            store
                .open(new BlobKey(key), ByteRange.ALL)
                .compose(content -> content.toBuffer(vertx, Integer.MAX_VALUE)))
        .getBytes();
  }

  private static byte[] tar(String name, byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(bytes)) {
      var entry = new TarArchiveEntry(name);
      entry.setSize(content.length);
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
    }
    return bytes.toByteArray();
  }

  private static byte[] compress(Compression compression, byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var compressed = compression.compress(bytes, Thread::startVirtualThread)) {
      compressed.write(content);
    }
    return bytes.toByteArray();
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer", e);
    }
  }
}
