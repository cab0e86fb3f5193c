package dropship.blobstore.store.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Conduit;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.Digest;
import dropship.blobstore.content.InputReadStream;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.BlobNotFound;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.memory.MemoryBlobstore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Content-addressed blobs: what is fetched, what stays, and what readers get meanwhile. */
@Timeout(120)
class CachedReadsTest {
  private static final int CHUNK = 256 * 1024;
  private static final long BOUND = 16 << 20;
  private static final Duration REST = Duration.ofMillis(50);

  private final Vertx vertx = Vertx.vertx();
  private final MemoryBlobstore memory = new MemoryBlobstore(vertx);
  private final WatchedBlobstore source = new WatchedBlobstore(memory);
  @TempDir private Path directory;
  private CachedBlobstore cached;

  @BeforeEach
  void open() throws IOException {
    open(BOUND);
  }

  private void open(long bytes) throws IOException {
    cached = CachedBlobstore.open(vertx, source, directory, bytes, REST);
  }

  private void reopen(long bytes) throws IOException {
    cached.close();
    open(bytes);
  }

  @AfterEach
  void close() throws IOException {
    cached.close();
    await(vertx.close());
  }

  /** Bytes, and the key that their hash makes. */
  private record Blob(byte[] bytes) {
    static Blob of(long seed, int size) {
      var bytes = new byte[size];
      new Random(seed).nextBytes(bytes);
      return new Blob(bytes);
    }

    BlobKey key() {
      var hex = Digest.of(bytes).hex();
      return new BlobKey("dropship/layers/sha256/" + hex.substring(0, 2) + "/" + hex);
    }

    byte[] part(ByteRange range) {
      var part = range.within(bytes.length);
      return Arrays.copyOfRange(bytes, (int) part.offset(), (int) (part.offset() + part.length()));
    }

    Buffer part(int from, int to) {
      return Buffer.buffer(Arrays.copyOfRange(bytes, from, to));
    }
  }

  @Test
  void readsWhatItHasFetchedFromTheDisk() throws IOException {
    var blob = stored(Blob.of(1, 1_000_003));
    for (int i = 0; i < 3; i++) {
      assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
      for (var range : List.of(new ByteRange(7, 500_000), new ByteRange(999_999, 1000))) {
        assertThat(read(blob, range)).isEqualTo(blob.part(range));
      }
    }

    var content = await(cached.open(blob.key(), ByteRange.ALL));
    content.close();

    assertThat(content).isInstanceOf(Content.InFile.class);
    assertThat(source.opens).hasValue(1);
    assertThat(fileOf(blob)).hasBinaryContent(blob.bytes);
    var stats = cached.stats();
    assertThat(stats.downloads()).isEqualTo(1);
    assertThat(stats.misses() + stats.hits()).isEqualTo(10);
    assertThat(stats.blobs()).isEqualTo(1);
    assertThat(stats.bytes()).isBetween(1_000_003L, 1_000_003L + 4096);
  }

  @Test
  void tellsTheLengthWhileTheBlobArrives() {
    var blob = stored(Blob.of(1, 4 * CHUNK));
    var arriving = feed();
    var whole = cached.open(blob.key(), ByteRange.ALL);
    var part = cached.open(blob.key(), new ByteRange(4 * CHUNK - 5, 100));
    arriving.write(blob.part(0, CHUNK));

    assertThat(await(whole).length()).hasValue(4L * CHUNK);
    assertThat(await(part).length()).hasValue(5);

    arriving.fail(new IOException("enough"));
    await(whole).close();
    await(part).close();
  }

  @Test
  void readsAnEmptyBlob() {
    var blob = stored(new Blob(new byte[0]));

    assertThat(read(blob, ByteRange.ALL)).isEmpty();
    assertThat(read(blob, ByteRange.ALL)).isEmpty();
    assertThat(source.opens).hasValue(1);
  }

  @Test
  void readsWhatLiesBehindTheEndAsNothing() {
    var blob = stored(Blob.of(1, 10));

    assertThat(read(blob, new ByteRange(10, 5))).isEmpty();
    assertThat(read(blob, new ByteRange(50, 5))).isEmpty();
  }

  @Test
  void saysThatABlobIsNotThere() {
    assertThatThrownBy(() -> read(Blob.of(1, 10), ByteRange.ALL)).isInstanceOf(BlobNotFound.class);
    var blob = stored(Blob.of(1, 10));
    assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
  }

  @Test
  void keepsOnlyWhatItsNameSaysTheHashOf() {
    var hex = Digest.of(new byte[] {1}).hex();
    for (var name :
        List.of(
            "cc-droplets/gu/id/guid/" + hex,
            "sha256/00/" + hex,
            "md5/" + hex.substring(0, 2) + "/" + hex,
            "sha256/" + hex.substring(0, 2) + "/" + hex + "/more")) {
      var key = new BlobKey(name);
      await(memory.put(key, Content.of("anything"), Condition.ALWAYS));
      var opens = source.opens.get();
      for (int i = 0; i < 2; i++) {
        assertThat(await(read(key, ByteRange.ALL))).asString().isEqualTo("anything");
      }
      assertThat(source.opens).hasValue(opens + 2);
    }
    assertThat(cached.stats().downloads()).isZero();
  }

  @Test
  void fetchesOnceHoweverManyAsk() {
    var blob = stored(Blob.of(1, 3_000_017));
    var arriving = feed();
    var random = new Random(2);
    var ranges =
        Stream.concat(
                Stream.generate(() -> ByteRange.ALL).limit(50),
                Stream.generate(
                        () -> new ByteRange(random.nextInt(3_000_000), random.nextInt(1_000_000)))
                    .limit(50))
            .toList();
    var reads = ranges.stream().map(range -> read(blob.key(), range)).toList();
    for (int from = 0; from < blob.bytes.length; from += 100_000) {
      arriving.write(blob.part(from, Math.min(from + 100_000, blob.bytes.length)));
    }
    arriving.end();

    for (int i = 0; i < ranges.size(); i++) {
      assertThat(await(reads.get(i))).isEqualTo(blob.part(ranges.get(i)));
    }
    assertThat(source.opens).hasValue(1);
  }

  @Test
  void letsReadersFollowButHoldsTheirLastBytesBack() {
    var blob = stored(Blob.of(1, 6 * CHUNK));
    var arriving = feed();
    var whole = Collected.from(cached.open(blob.key(), ByteRange.ALL), vertx);
    var middle = Collected.from(cached.open(blob.key(), new ByteRange(CHUNK, 2 * CHUNK)), vertx);

    arriving.write(blob.part(0, 2 * CHUNK));
    until(() -> whole.count() == 2 * CHUNK);
    arriving.write(blob.part(2 * CHUNK, 6 * CHUNK));
    until(() -> whole.count() == 5 * CHUNK);
    until(() -> middle.count() == CHUNK);

    assertThat(whole.done.future().isComplete()).isFalse();
    assertThat(middle.done.future().isComplete()).isFalse();
    assertThat(fileOf(blob)).doesNotExist();
    arriving.end();
    assertThat(await(whole.done.future())).isEqualTo(blob.bytes);
    assertThat(await(middle.done.future())).isEqualTo(blob.part(new ByteRange(CHUNK, 2 * CHUNK)));
    assertThat(fileOf(blob)).exists();
  }

  @Test
  void givesNobodyAllOfTheWrongBytes() throws IOException {
    var blob = Blob.of(1, 5 * CHUNK + 17);
    var wrong = blob.bytes.clone();
    wrong[wrong.length - 1]++;
    await(memory.put(blob.key(), Content.of(Buffer.buffer(wrong)), Condition.ALWAYS));
    var arriving = feed();
    var ranges =
        List.of(
            ByteRange.ALL,
            new ByteRange(0, 10),
            new ByteRange(CHUNK + 5, 2 * CHUNK),
            new ByteRange(5 * CHUNK, 17));
    var opens = ranges.stream().map(range -> cached.open(blob.key(), range)).toList();
    var reads = opens.stream().map(opening -> Collected.from(opening, vertx)).toList();
    arriving.write(blob.part(0, CHUNK));
    await(Future.all(opens));
    arriving.write(Buffer.buffer(wrong).slice(CHUNK, wrong.length));
    arriving.end();

    for (int i = 0; i < ranges.size(); i++) {
      var reading = reads.get(i);
      assertThatThrownBy(() -> await(reading.done.future())).hasMessageContaining("name says");
      assertThat(reading.count()).isLessThan(blob.part(ranges.get(i)).length);
    }
    assertThat(filesIn(directory)).isEmpty();
    assertThat(cached.stats().refused()).isEqualTo(1);
    source.arrival = content -> content;
    stored(blob);
    assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
    assertThat(fileOf(blob)).exists();
  }

  @Test
  void failsItsReadersWhenTheStoreBreaksOff() throws IOException {
    var blob = stored(Blob.of(1, 5 * CHUNK));
    var arriving = feed();
    var reads =
        IntStream.range(0, 10)
            .mapToObj(i -> Collected.from(cached.open(blob.key(), ByteRange.ALL), vertx))
            .toList();
    arriving.write(blob.part(0, 3 * CHUNK));
    until(() -> reads.stream().allMatch(reading -> reading.count() == 3 * CHUNK));
    arriving.fail(new IOException("reset by peer"));

    for (var reading : reads) {
      assertThatThrownBy(() -> await(reading.done.future())).hasMessageContaining("reset by peer");
    }
    assertThat(filesIn(directory)).isEmpty();
    source.arrival = content -> content;
    assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
    assertThat(source.opens).hasValue(2);
  }

  @Test
  void takesFewerOrMoreBytesThanThereShouldBeForAFailure() throws IOException {
    var blob = stored(Blob.of(1, 2 * CHUNK));
    var more = Arrays.copyOf(blob.bytes, blob.bytes.length + 1);
    for (var bytes : List.of(blob.part(0, CHUNK + 1), Buffer.buffer(), Buffer.buffer(more))) {
      var arriving = feed();
      arriving.write(bytes);
      arriving.end();

      assertThatThrownBy(() -> read(blob, ByteRange.ALL)).isInstanceOf(IOException.class);
      assertThat(filesIn(directory)).isEmpty();
    }
    source.arrival = content -> Content.of("short");
    assertThatThrownBy(() -> read(blob, ByteRange.ALL)).hasMessageContaining("expected");
    source.arrival = content -> content;
    assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
  }

  @Test
  void waitsForNoSlowReaderAndHoldsNothingForIt() {
    var blob = stored(Blob.of(1, 15 * CHUNK));
    var arriving = feed();
    var context = vertx.getOrCreateContext();
    var slow = Promise.<ReadStream<Buffer>>promise();
    var delivered = new AtomicInteger();
    var collected = Buffer.buffer();
    var done = Promise.<byte[]>promise();
    context.runOnContext(now ->
        cached
            .open(blob.key(), ByteRange.ALL)
            .map(content -> {
              var stream = content.stream(vertx);
              stream.pause();
              stream.exceptionHandler(done::tryFail);
              stream.endHandler(end -> done.complete(collected.getBytes()));
              stream.handler(chunk -> {
                delivered.incrementAndGet();
                collected.appendBuffer(chunk);
              });
              return stream.fetch(1);
            })
            .onComplete(slow));
    arriving.write(blob.part(0, CHUNK));
    var stream = await(slow.future());
    arriving.write(blob.part(CHUNK, 15 * CHUNK));
    arriving.end();

    assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
    assertThat(fileOf(blob)).exists();
    assertThat(delivered).hasValueLessThanOrEqualTo(1);
    context.runOnContext(now -> stream.resume());
    assertThat(await(done.future())).isEqualTo(blob.bytes);
    assertThat(source.opens).hasValue(1);
  }

  @Test
  void fetchesToTheEndWhenItsReadersLeave() {
    var blob = stored(Blob.of(1, 5 * CHUNK));
    var arriving = feed();
    var open = cached.open(blob.key(), ByteRange.ALL);
    arriving.write(blob.part(0, CHUNK));
    await(open).close();
    arriving.write(blob.part(CHUNK, 5 * CHUNK));
    arriving.end();

    until(() -> Files.exists(fileOf(blob)));
    assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
    assertThat(source.opens).hasValue(1);
  }

  @Test
  void passesThroughWhatIsTooLarge() throws IOException {
    var blob = stored(Blob.of(1, (int) BOUND / 4 + 1));
    for (int i = 0; i < 2; i++) {
      assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
    }

    assertThat(source.opens).hasValue(2);
    assertThat(cached.stats().passed()).isEqualTo(2);
    assertThat(filesIn(directory)).isEmpty();
    var fits = stored(Blob.of(2, (int) BOUND / 4));
    assertThat(read(fits, ByteRange.ALL)).isEqualTo(fits.bytes);
    assertThat(fileOf(fits)).exists();
  }

  @Test
  void fetchesNoMoreAtOnceThanFits() {
    var first = stored(Blob.of(1, 3 << 20));
    var second = stored(Blob.of(2, 3 << 20));
    var arriving = feed();
    var firstRead = read(first.key(), ByteRange.ALL);
    until(() -> source.opens.get() == 1);
    var secondRead = read(second.key(), ByteRange.ALL);
    until(() -> cached.stats().downloads() == 2);
    assertThat(source.opens).hasValue(1);

    source.arrival = content -> content;
    arriving.write(first.part(0, 3 << 20));
    arriving.end();

    assertThat(await(firstRead)).isEqualTo(first.bytes);
    assertThat(await(secondRead)).isEqualTo(second.bytes);
  }

  @Test
  void staysWithinItsBytesWhileWhatIsOpenStaysReadable() throws IOException {
    reopen(4 << 20);
    var opened = new ArrayList<Content>();
    var blobs = IntStream.range(0, 30).mapToObj(i -> stored(Blob.of(i, 700_000 + i))).toList();
    for (var blob : blobs) {
      assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
      opened.add(await(cached.open(blob.key(), ByteRange.ALL)));
    }

    until(this::diskAgreesWithStats);
    assertThat(cached.stats().blobs()).isBetween(1L, 4L);
    assertThat(cached.stats().bytes()).isLessThanOrEqualTo(3 << 20);
    for (int i = 0; i < blobs.size(); i++) {
      assertThat(await(opened.get(i).toBuffer(vertx, 1 << 20)).getBytes())
          .isEqualTo(blobs.get(i).bytes);
    }
  }

  @Test
  void keepsItsFilesOverARestart() throws IOException {
    var blob = stored(Blob.of(1, 1_000_000));
    var other = stored(Blob.of(2, 10));
    read(blob, ByteRange.ALL);
    read(other, ByteRange.ALL);
    Files.writeString(directory.resolve("partial/half"), "hal");
    Files.writeString(directory.resolve("sha256/somebody else's"), "x");

    reopen(BOUND);

    assertThat(cached.stats().blobs()).isEqualTo(2);
    assertThat(read(blob, new ByteRange(5, 500))).isEqualTo(blob.part(new ByteRange(5, 500)));
    assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
    assertThat(read(other, ByteRange.ALL)).isEqualTo(other.bytes);
    assertThat(source.opens).hasValue(2);
    assertThat(directory.resolve("partial")).isEmptyDirectory();
    assertThat(directory.resolve("sha256/somebody else's")).exists();
  }

  @Test
  void keepsTheLatestUsedWhenItMayHaveLessAfterARestart() throws IOException {
    var blobs = IntStream.range(0, 8).mapToObj(i -> stored(Blob.of(i, 1 << 20))).toList();
    for (int i = 0; i < blobs.size(); i++) {
      read(blobs.get(i), ByteRange.ALL);
      setUsed(fileOf(blobs.get(i)), i);
    }

    reopen(4 << 20);

    assertThat(blobs).filteredOn(blob -> Files.exists(fileOf(blob))).isEqualTo(blobs.subList(5, 8));
    assertThat(cached.stats().blobs()).isEqualTo(3);
    assertThat(diskAgreesWithStats()).isTrue();
  }

  @Test
  void noticesAfterARestartWhatACrashHasDoneToAFile() throws IOException {
    var empty = stored(Blob.of(1, 100_000));
    var torn = stored(Blob.of(2, 100_000));
    read(empty, ByteRange.ALL);
    read(torn, ByteRange.ALL);
    Files.write(fileOf(empty), new byte[0]);
    Files.write(fileOf(torn), Arrays.copyOf(torn.part(0, 4096).getBytes(), 100_000));

    reopen(BOUND);

    for (var blob : List.of(empty, torn)) {
      assertThat(read(blob, new ByteRange(0, 100))).isEqualTo(blob.part(new ByteRange(0, 100)));
      until(() -> Files.exists(fileOf(blob)));
      assertThat(fileOf(blob)).hasBinaryContent(blob.bytes);
    }
    assertThat(source.opens).hasValue(4);
  }

  @Test
  void fetchesAnewWhatSomebodyHasDeletedOrCutShort() throws IOException {
    var deleted = stored(Blob.of(1, 100_000));
    var cut = stored(Blob.of(2, 100_000));
    read(deleted, ByteRange.ALL);
    read(cut, ByteRange.ALL);
    Files.delete(fileOf(deleted));
    try (var file = Files.newByteChannel(fileOf(cut), StandardOpenOption.WRITE)) {
      file.truncate(5);
    }

    assertThat(read(deleted, ByteRange.ALL)).isEqualTo(deleted.bytes);
    assertThat(read(cut, ByteRange.ALL)).isEqualTo(cut.bytes);
    until(this::diskAgreesWithStats);
    assertThat(cached.stats().blobs()).isEqualTo(2);
  }

  @Test
  void isUsedByOneServerAtATime() {
    assertThatThrownBy(() -> CachedBlobstore.open(vertx, source, directory, BOUND))
        .hasMessageContaining("another server uses it");
  }

  @Test
  void forgetsWhatIsDeleted() {
    var blobs = IntStream.range(0, 3).mapToObj(i -> stored(Blob.of(i, 1000))).toList();
    blobs.forEach(blob -> read(blob, ByteRange.ALL));

    await(cached.delete(blobs.getFirst().key()));
    await(cached.deleteAll(List.of(blobs.get(1).key(), new BlobKey("not/there"))));

    until(() -> !Files.exists(fileOf(blobs.get(0))) && !Files.exists(fileOf(blobs.get(1))));
    assertThat(fileOf(blobs.get(2))).exists();
    for (var blob : blobs.subList(0, 2)) {
      assertThatThrownBy(() -> read(blob, ByteRange.ALL)).isInstanceOf(BlobNotFound.class);
    }
  }

  @Test
  void keepsNothingThatIsDeletedWhileItArrives() throws IOException {
    var blob = stored(Blob.of(1, 3 * CHUNK));
    var arriving = feed();
    var opening = cached.open(blob.key(), ByteRange.ALL);
    var read = Collected.from(opening, vertx).done.future();
    arriving.write(blob.part(0, CHUNK));
    await(opening);
    await(cached.delete(blob.key()));
    arriving.write(blob.part(CHUNK, 3 * CHUNK));
    arriving.end();

    assertThat(await(read)).isEqualTo(blob.bytes);
    until(() -> filesIn(directory).isEmpty());
    assertThatThrownBy(() -> read(blob, ByteRange.ALL)).isInstanceOf(BlobNotFound.class);
  }

  @Test
  void leavesItToTheStoreWhatIsThere() {
    var blob = stored(Blob.of(1, 1000));
    read(blob, ByteRange.ALL);
    assertThat(await(cached.stat(blob.key()))).isPresent();

    await(memory.delete(blob.key()));

    assertThat(await(cached.stat(blob.key()))).isEmpty();
    assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
  }

  @Test
  void passesThroughWhileItCannotWrite() throws IOException {
    var blob = stored(Blob.of(1, 3 * CHUNK));
    Files.delete(directory.resolve("partial"));

    for (int i = 0; i < 3; i++) {
      assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
    }
    assertThat(cached.stats().passed()).isEqualTo(3);

    Files.createDirectory(directory.resolve("partial"));
    until(() -> caches(blob));
  }

  @Test
  void passesThroughWhileTheDiskIsFull() throws Exception {
    cached.close();
    var small = Files.createDirectory(directory.resolve("small"));
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small.toString()));
    try {
      cached = CachedBlobstore.open(vertx, source, small, BOUND, REST);
      var large = stored(Blob.of(1, 10 * CHUNK));
      assertThat(read(large, ByteRange.ALL)).isEqualTo(large.bytes);
      assertThat(cached.stats().passed()).isEqualTo(1);

      until(() -> caches(stored(Blob.of(2, 10))));
      var blob = stored(Blob.of(3, 4 * CHUNK));
      var arriving = feed();
      var reading = Collected.from(cached.open(blob.key(), ByteRange.ALL), vertx);
      arriving.write(blob.part(0, 2 * CHUNK));
      until(() -> reading.count() == 2 * CHUNK);
      var ballast = small.resolve("ballast");
      fill(ballast);
      arriving.write(blob.part(2 * CHUNK, 4 * CHUNK));
      arriving.end();
      assertThatThrownBy(() -> await(reading.done.future())).hasMessageContaining("No space left");
      assertThat(directory.resolve("small/partial")).isEmptyDirectory();

      source.arrival = content -> content;
      assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
      assertThat(cached.stats().blobs()).isEqualTo(1);

      Files.delete(ballast);
      until(() -> caches(blob));
      cached.close();
    } finally {
      assertThat(run("umount", "-l", small.toString())).isTrue();
    }
  }

  /** Whether a read, which is right in any case, comes from the cache. */
  private boolean caches(Blob blob) {
    var hits = cached.stats().hits();
    assertThat(read(blob, ByteRange.ALL)).isEqualTo(blob.bytes);
    return cached.stats().hits() > hits;
  }

  private static void fill(Path ballast) {
    try (var file = Files.newOutputStream(ballast)) {
      while (true) {
        file.write(new byte[4096]);
      }
    } catch (IOException full) {
      // As it should be.
    }
  }

  /** Few blobs, little space, and everything at once: files come, go and come back. */
  @Test
  void givesTheRightBytesWhateverComesAndGoes() throws Exception {
    reopen(3 << 20);
    var blobs =
        IntStream.range(0, 12).mapToObj(i -> stored(Blob.of(i, i < 3 ? i : i * 60_000))).toList();
    var reads = new AtomicInteger();
    try (var threads = Executors.newFixedThreadPool(8)) {
      var work =
          IntStream.range(0, 8)
              .mapToObj(seed -> (Callable<Void>) () -> readAndDelete(blobs, seed, reads))
              .toList();
      for (var done : threads.invokeAll(work)) {
        done.get();
      }
    }

    assertThat(reads).hasPositiveValue();
    until(this::diskAgreesWithStats);
    assertThat(cached.stats().bytes()).isLessThanOrEqualTo(3 * (3 << 20) / 4);
    assertThat(directory.resolve("partial")).isEmptyDirectory();
  }

  private Void readAndDelete(List<Blob> blobs, int seed, AtomicInteger reads) {
    var random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      var blob = blobs.get(random.nextInt(blobs.size()));
      switch (random.nextInt(10)) {
        case 0 -> {
          await(cached.delete(blob.key()));
          stored(blob);
        }
        case 1 -> await(cached.open(blob.key(), ByteRange.ALL).map(this::leave).otherwiseEmpty());
        default -> {
          var range =
              random.nextBoolean()
                  ? ByteRange.ALL
                  : new ByteRange(random.nextInt(300_000), random.nextInt(300_000));
          try {
            assertThat(read(blob, range)).isEqualTo(blob.part(range));
            reads.incrementAndGet();
          } catch (Exception e) {
            // Between its deletion and its return the blob is not there.
            assertThat(e).isInstanceOf(BlobNotFound.class);
          }
        }
      }
    }
    return null;
  }

  private Content leave(Content content) {
    content.close();
    return content;
  }

  private Blob stored(Blob blob) {
    await(memory.put(blob.key(), Content.of(Buffer.buffer(blob.bytes)), Condition.ALWAYS));
    return blob;
  }

  /** From now on, what the source opens is what is written here. */
  private Conduit feed() {
    var fed = new Conduit(vertx.getOrCreateContext(), CHUNK);
    source.arrival =
        content ->
            Content.of(
                new InputReadStream(vertx, fed.input(), work -> Thread.ofVirtual().start(work)),
                OptionalLong.empty());
    return fed;
  }

  private byte[] read(Blob blob, ByteRange range) {
    return await(read(blob.key(), range));
  }

  private Future<byte[]> read(BlobKey key, ByteRange range) {
    return cached
        .open(key, range)
        .compose(content -> content.toBuffer(vertx, Integer.MAX_VALUE))
        .map(Buffer::getBytes);
  }

  /** What a reader has got so far. */
  private static final class Collected {
    private final Buffer bytes = Buffer.buffer();
    private final Promise<byte[]> done = Promise.promise();

    static Collected from(Future<Content> opening, Vertx vertx) {
      var collected = new Collected();
      opening
          .onSuccess(content -> {
            var stream = content.stream(vertx);
            stream.exceptionHandler(collected.done::tryFail);
            stream.endHandler(end -> collected.end());
            stream.handler(collected::add);
          })
          .onFailure(collected.done::tryFail);
      return collected;
    }

    private synchronized void add(Buffer chunk) {
      bytes.appendBuffer(chunk);
    }

    private synchronized void end() {
      done.tryComplete(bytes.getBytes());
    }

    synchronized int count() {
      return bytes.length();
    }
  }

  private Path fileOf(Blob blob) {
    var hex = blob.key().name();
    return directory.resolve("sha256").resolve(hex.substring(0, 2)).resolve(hex);
  }

  /** Apart from the lock. */
  private static List<Path> filesIn(Path directory) {
    try (var files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).filter(file -> !file.endsWith("lock")).toList();
    } catch (IOException | UncheckedIOException goneMeanwhile) {
      return filesIn(directory);
    }
  }

  private boolean diskAgreesWithStats() {
    try {
      var stats = cached.stats();
      long bytes = 0;
      var files = filesIn(directory);
      for (var file : files) {
        bytes += CachedFiles.pages(Files.size(file)) * 4096;
      }
      return stats.blobs() == files.size() && stats.bytes() == bytes;
    } catch (IOException goneMeanwhile) {
      return false;
    }
  }

  private static void setUsed(Path file, int minute) throws IOException {
    var time = FileTime.from(1_700_000_000L + 60 * minute, TimeUnit.SECONDS);
    Files.getFileAttributeView(file, BasicFileAttributeView.class).setTimes(time, time, null);
  }

  private static boolean run(String... command) throws Exception {
    return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
  }

  private static void until(BooleanSupplier condition) {
    long giveUp = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - giveUp > 0) {
        throw new AssertionError("this has not come about");
      }
      LockSupport.parkNanos(100_000);
    }
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer", e);
    }
  }
}
