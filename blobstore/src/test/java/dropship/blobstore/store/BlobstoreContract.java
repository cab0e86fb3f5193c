package dropship.blobstore.store;

import static dropship.blobstore.store.Condition.ALWAYS;
import static dropship.blobstore.store.Condition.IF_ABSENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.InputReadStream;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link Blobstore} promises. */
@Timeout(60)
public abstract class BlobstoreContract {
  private static final BlobKey KEY = new BlobKey("some/where/key");
  private static final BlobKey OTHER = new BlobKey("some/where/other");

  protected final Vertx vertx = Vertx.vertx();
  protected Blobstore store;
  @TempDir private Path files;

  protected abstract Blobstore newStore() throws IOException;

  @BeforeEach
  void open() throws IOException {
    store = newStore();
  }

  @AfterEach
  void closeVertx() {
    await(vertx.close());
  }

  @Test
  void givesBackWhatWasPut() {
    var stored = put(KEY, "hello");

    assertThat(textOf(KEY)).isEqualTo("hello");
    assertThat(stored.size()).isEqualTo(5);
    assertThat(await(store.stat(KEY))).contains(stored);
  }

  @Test
  void keepsAnEmptyBlob() {
    put(KEY, "");

    assertThat(textOf(KEY)).isEmpty();
    assertThat(await(store.stat(KEY))).map(StoredBlob::size).contains(0L);
  }

  @Test
  void keepsMoreThanFitsIntoOneChunk() {
    var bytes = new byte[3_000_017];
    new Random(1).nextBytes(bytes);

    await(store.put(KEY, streamOf(new ByteArrayInputStream(bytes)), ALWAYS));

    assertThat(bytesOf(KEY, ByteRange.ALL)).isEqualTo(bytes);
  }

  @Test
  void keepsAFileAndLeavesItToItsOwner() throws IOException {
    var file = Files.writeString(files.resolve("file"), "from a file");

    await(store.put(KEY, Content.ofFile(file, ByteRange.ALL), ALWAYS));
    await(store.put(OTHER, Content.ofFile(file, new ByteRange(5, 1)), ALWAYS));
    Files.delete(file);

    assertThat(textOf(KEY)).isEqualTo("from a file");
    assertThat(textOf(OTHER)).isEqualTo("a");
  }

  @Test
  void opensARangeClippedToTheBlob() {
    put(KEY, "0123456789");

    assertThat(textOf(KEY, new ByteRange(2, 3))).isEqualTo("234");
    assertThat(textOf(KEY, new ByteRange(8, 100))).isEqualTo("89");
    assertThat(textOf(KEY, new ByteRange(10, 1))).isEmpty();
    assertThat(textOf(KEY, new ByteRange(50, 1))).isEmpty();
  }

  @Test
  void tellsTheLengthOfWhatItOpens() {
    put(KEY, "0123456789");

    var content = await(store.open(KEY, new ByteRange(8, 100)));

    assertThat(content.length()).hasValue(2);
    content.close();
  }

  @Test
  void answersAbsenceOfABlobThatIsNotThere() {
    assertThat(await(store.stat(KEY))).isEmpty();
    assertThatThrownBy(() -> await(store.open(KEY, ByteRange.ALL)))
        .isInstanceOf(BlobNotFound.class)
        .hasMessageContaining(KEY.value());
  }

  @Test
  void takesNoPrefixOfAKeyForABlob() {
    put(KEY, "hello");

    assertThat(await(store.stat(new BlobKey("some/where")))).isEmpty();
    assertThatThrownBy(() -> await(store.open(new BlobKey("some"), ByteRange.ALL)))
        .isInstanceOf(BlobNotFound.class);
    await(store.delete(new BlobKey("some/where")));
    assertThat(textOf(KEY)).isEqualTo("hello");
  }

  @Test
  void keepsTheOldContentWhenAnUploadBreaksHalfWay() {
    put(KEY, "before");

    assertThatThrownBy(() -> await(store.put(KEY, breaksAfter(700_000), ALWAYS)))
        .hasMessageContaining("broken off");

    assertThat(textOf(KEY)).isEqualTo("before");
  }

  @Test
  void showsNothingOfAnUploadThatBreaksHalfWay() {
    assertThatThrownBy(() -> await(store.put(KEY, breaksAfter(700_000), ALWAYS)));

    assertThat(await(store.stat(KEY))).isEmpty();
  }

  @Test
  void refusesFewerBytesThanWereAnnounced() {
    var four = new ByteArrayInputStream("four".getBytes(StandardCharsets.UTF_8));
    var content = Content.of(new InputReadStream(vertx, four), OptionalLong.of(5));

    assertThatThrownBy(() -> await(store.put(KEY, content, ALWAYS)))
        .hasMessageContaining("expected 5");

    assertThat(await(store.stat(KEY))).isEmpty();
  }

  @Test
  void replacesABlobWhileItIsRead() {
    put(KEY, "before");
    var open = await(store.open(KEY, ByteRange.ALL));

    put(KEY, "after!");

    assertThat(await(open.toBuffer(vertx, 100)).toString()).isEqualTo("before");
    assertThat(textOf(KEY)).isEqualTo("after!");
  }

  @Test
  void deletesABlobWhileItIsRead() {
    put(KEY, "before");
    var open = await(store.open(KEY, ByteRange.ALL));

    await(store.delete(KEY));

    assertThat(await(open.toBuffer(vertx, 100)).toString()).isEqualTo("before");
    assertThat(await(store.stat(KEY))).isEmpty();
  }

  @Test
  void deletesWhatIsNotThere() {
    await(store.delete(KEY));
  }

  @Test
  void deletesSeveralAtOnce() {
    var keys = IntStream.range(0, 20).mapToObj(i -> new BlobKey("many/" + i)).toList();
    keys.forEach(key -> put(key, "x"));
    put(KEY, "stays");

    var and = new ArrayList<>(keys);
    and.add(new BlobKey("many/never-there"));
    await(store.deleteAll(and));
    await(store.deleteAll(List.of()));

    assertThat(await(store.list(new BlobKey("many"), Optional.empty()))).isEmpty();
    assertThat(textOf(KEY)).isEqualTo("stays");
  }

  @Test
  void sweepsNothingThatIsComplete() {
    put(KEY, "stays");

    assertThat(await(store.sweep(Instant.now().plusSeconds(60)))).isZero();

    assertThat(textOf(KEY)).isEqualTo("stays");
  }

  /** Where the store has URLs at all. */
  @Test
  void givesUrlsThatTheBlobCanBeReadBy() throws Exception {
    put(KEY, "hello");
    var url = await(store.url(KEY, Duration.ofMinutes(5)));
    if (url.isEmpty()) {
      return;
    }
    var connection = (HttpURLConnection) url.get().toURL().openConnection();
    connection.setRequestProperty("Range", "bytes=1-3");
    try (var body = connection.getInputStream()) {
      assertThat(body).hasContent("ell");
    }
    assertThat(connection.getResponseCode()).isEqualTo(206);
  }

  @Test
  void changesTheETagWithTheBytes() {
    var before = put(KEY, "before");
    var after = put(KEY, "after!");

    assertThat(after.etag()).isNotEqualTo(before.etag());
  }

  @Test
  void putsIfAbsentOnlyOnce() {
    await(store.put(KEY, Content.of("first"), IF_ABSENT));

    assertThatThrownBy(() -> await(store.put(KEY, Content.of("second"), IF_ABSENT)))
        .isInstanceOf(PreconditionFailed.class);
    assertThat(textOf(KEY)).isEqualTo("first");
  }

  @Test
  void putsIfTheETagMatches() {
    var first = put(KEY, "first");

    await(store.put(KEY, Content.of("second"), new Condition.IfMatch(first.etag())));

    assertThat(textOf(KEY)).isEqualTo("second");
    assertThatThrownBy(
            () -> await(store.put(KEY, Content.of("third"), new Condition.IfMatch(first.etag()))))
        .isInstanceOf(PreconditionFailed.class);
    assertThatThrownBy(
            () -> await(store.put(OTHER, Content.of("new"), new Condition.IfMatch(first.etag()))))
        .isInstanceOf(PreconditionFailed.class);
    assertThat(await(store.stat(OTHER))).isEmpty();
  }

  @Test
  void letsOneOfManyWinWhoPutIfAbsent() {
    var attempts =
        IntStream.range(0, 40)
            .mapToObj(i -> store.put(KEY, Content.of("from " + i), IF_ABSENT))
            .toList();
    await(Future.join(attempts).otherwiseEmpty());

    assertThat(attempts).filteredOn(Future::succeeded).hasSize(1);
    assertThat(attempts)
        .filteredOn(Future::failed)
        .allSatisfy(lost -> assertThat(lost.cause()).isInstanceOf(PreconditionFailed.class));
  }

  @Test
  void keepsOneOfManyWholeWhoPutAtOnce() {
    var puts =
        IntStream.range(0, 20)
            .mapToObj(
                i -> store.put(KEY, Content.of(("" + (char) ('a' + i)).repeat(70_000)), ALWAYS))
            .toList();
    await(Future.all(puts));

    assertThat(textOf(KEY)).matches("(.)\\1{69999}");
  }

  @Test
  void copiesABlob() {
    put(KEY, "hello");

    await(store.copy(KEY, OTHER));
    await(store.delete(KEY));

    assertThat(textOf(OTHER)).isEqualTo("hello");
    assertThatThrownBy(() -> await(store.copy(KEY, OTHER))).isInstanceOf(BlobNotFound.class);
    assertThat(textOf(OTHER)).isEqualTo("hello");
  }

  @Test
  void listsKeysInOrderPageByPage() {
    var keys = new ArrayList<BlobKey>();
    for (int i = 0; i < Blobstore.PAGE + 5; i++) {
      keys.add(new BlobKey("list/%03d/%04d".formatted(i % 7, i)));
    }
    keys.forEach(key -> put(key, "x"));
    put(new BlobKey("list-not/this"), "x");
    put(new BlobKey("lis"), "x");

    var first = keysBelow("list", Optional.empty());
    var second = keysBelow("list", Optional.of(first.getLast()));

    assertThat(first).hasSize(Blobstore.PAGE);
    var all = new ArrayList<>(first);
    all.addAll(second);
    assertThat(all).isEqualTo(keys.stream().sorted().toList());
  }

  @Test
  void listsInTheOrderOfKeysNotOfDirectories() {
    var sorted = List.of("a/b-c", "a/b/c", "a/b0", "a/bc").stream().map(BlobKey::new).toList();
    sorted.reversed().forEach(key -> put(key, "x"));

    assertThat(keysBelow("a", Optional.empty())).isEqualTo(sorted);
    for (int i = 0; i < sorted.size(); i++) {
      assertThat(keysBelow("a", Optional.of(sorted.get(i))))
          .isEqualTo(sorted.subList(i + 1, sorted.size()));
    }
  }

  @Test
  void listsWhatItWouldSayOfEach() {
    put(KEY, "hello");
    put(OTHER, "you");

    assertThat(await(store.list(new BlobKey("some"), Optional.empty())))
        .containsExactly(
            new ListedBlob(KEY, await(store.stat(KEY)).orElseThrow()),
            new ListedBlob(OTHER, await(store.stat(OTHER)).orElseThrow()));
  }

  @Test
  void listsNothingWhereNothingIs() {
    put(KEY, "x");

    assertThat(await(store.list(new BlobKey("nothing/here"), Optional.empty()))).isEmpty();
    assertThat(await(store.list(KEY, Optional.empty()))).isEmpty();
  }

  private List<BlobKey> keysBelow(String prefix, Optional<BlobKey> last) {
    return await(store.list(new BlobKey(prefix), last)).stream().map(ListedBlob::key).toList();
  }

  private StoredBlob put(BlobKey key, String text) {
    return await(store.put(key, Content.of(text), ALWAYS));
  }

  private String textOf(BlobKey key) {
    return textOf(key, ByteRange.ALL);
  }

  private String textOf(BlobKey key, ByteRange range) {
    return new String(bytesOf(key, range), StandardCharsets.UTF_8);
  }

  private byte[] bytesOf(BlobKey key, ByteRange range) {
    return await(
            store.open(key, range).compose(content -> content.toBuffer(vertx, Integer.MAX_VALUE)))
        .getBytes();
  }

  private Content streamOf(InputStream input) {
    return Content.of(new InputReadStream(vertx, input), OptionalLong.empty());
  }

  private Content breaksAfter(int bytes) {
    var broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("broken off");
          }
        };
    return streamOf(new SequenceInputStream(new ByteArrayInputStream(new byte[bytes]), broken));
  }

  protected static <T> T await(Future<T> future) {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer", e);
    }
  }
}
