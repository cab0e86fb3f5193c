package dropship.blobstore.store.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.InputReadStream;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.BlobstoreContract;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.ListedBlob;
import dropship.blobstore.store.PreconditionFailed;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.SequenceInputStream;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is S3's own in keeping the promises. */
abstract class S3Contract extends BlobstoreContract {
  private static final BlobKey KEY = new BlobKey("some/where/key");
  private static final BlobKey OTHER = new BlobKey("some/where/other");
  private static final int PART = 8 * 1024 * 1024;

  private S3Stand stand;

  /** Where the buckets are; the same for all tests. */
  protected abstract S3Stand stand();

  @Override
  protected Blobstore newStore() {
    stand = stand();
    return stand.newStore(vertx);
  }

  @Test
  void putsInPartsWhatIsLongerThanOne() {
    var bytes = bytes(4 * PART + 17);

    var stored = await(store.put(KEY, streamOf(bytes), Condition.ALWAYS));

    assertThat(stored.size()).isEqualTo(bytes.length);
    assertThat(stored.etag()).endsWith("-5");
    assertThat(await(store.stat(KEY))).contains(stored);
    assertThat(bytesOf(store, KEY)).isEqualTo(bytes);
    assertThat(stand.uploads()).isEmpty();
  }

  @Test
  void putsAtOnceWhatIsJustOnePart() {
    var stored = await(store.put(KEY, streamOf(bytes(PART)), Condition.ALWAYS));

    assertThat(stored.etag()).doesNotContain("-");
  }

  @Test
  void putsPartsOnlyIfAbsent() {
    await(store.put(KEY, Content.of("first"), Condition.ALWAYS));

    assertThatThrownBy(() -> await(store.put(KEY, streamOf(bytes(PART + 1)), Condition.IF_ABSENT)))
        .isInstanceOf(PreconditionFailed.class);

    assertThat(bytesOf(store, KEY)).isEqualTo("first".getBytes(UTF_8));
    assertThat(stand.uploads()).isEmpty();
  }

  @Test
  void leavesNoPartsOfWhatBreaksOff() {
    var broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("broken off");
          }
        };
    var input = new SequenceInputStream(new ByteArrayInputStream(bytes(2 * PART + 1)), broken);
    var content = Content.of(new InputReadStream(vertx, input), OptionalLong.empty());

    assertThatThrownBy(() -> await(store.put(KEY, content, Condition.ALWAYS)))
        .hasMessageContaining("broken off");

    assertThat(stand.uploads()).isEmpty();
    assertThat(await(store.stat(KEY))).isEmpty();
  }

  @Test
  void makesPartsLargeEnoughForTheLargestObjects() {
    long largest = 5L << 40;

    assertThat(S3Upload.partSizeFor(largest) * 10_000L).isGreaterThanOrEqualTo(largest);
    assertThat(S3Upload.partSizeFor(1)).isEqualTo(PART);
  }

  @Test
  void copiesInPartsWhatS3DoesNotCopyAtOnce() {
    var small = new S3Blobstore.Copying(PART, PART);
    var store =
        new S3Blobstore(vertx, stand.connection, stand.newBucket(), Optional.empty(), small);
    var bytes = bytes(2 * PART + 5);
    await(store.put(KEY, streamOf(bytes), Condition.ALWAYS));

    var copied = await(store.copy(KEY, OTHER));

    assertThat(copied.etag()).endsWith("-3");
    assertThat(bytesOf(store, OTHER)).isEqualTo(bytes);
  }

  @Test
  void keepsEverythingBelowItsPrefix() {
    var bucket = stand.newBucket();
    var below = new S3Blobstore(vertx, stand.connection, bucket, Optional.of(new BlobKey("ours")));
    var whole = new S3Blobstore(vertx, stand.connection, bucket, Optional.empty());

    await(below.put(KEY, Content.of("x"), Condition.ALWAYS));

    assertThat(await(whole.stat(new BlobKey("ours/" + KEY)))).isPresent();
    assertThat(await(below.list(new BlobKey("some"), Optional.empty())))
        .extracting(ListedBlob::key)
        .containsExactly(KEY);
    await(below.deleteAll(List.of(KEY)));
    assertThat(await(whole.stat(new BlobKey("ours/" + KEY)))).isEmpty();
  }

  @Test
  void listsPastObjectsThatAreNoneOfItsOwn() {
    for (int i = 0; i < Blobstore.PAGE + 1; i++) {
      stand.putEmpty("all/\u00e4-%04d".formatted(i));
    }
    await(store.put(new BlobKey("all/ours"), Content.of("x"), Condition.ALWAYS));
    stand.putEmpty("all/" + "\u00fc-last");

    assertThat(await(store.list(new BlobKey("all"), Optional.empty())))
        .extracting(ListedBlob::key)
        .containsExactly(new BlobKey("all/ours"));
  }

  @Test
  void saysNothingOfCredentialsWhenItIsRefused() throws Exception {
    var wrong = S3Stand.settings(stand.endpoint, stand.accessKey, "another-secret");
    try (var connection = S3Connection.open(wrong)) {
      var refused = new S3Blobstore(vertx, connection, stand.newBucket(), Optional.empty());

      assertThatThrownBy(() -> await(refused.open(KEY, ByteRange.ALL)))
          .hasMessageContaining("reading s3://")
          .hasMessageContaining(KEY + ": 403 SignatureDoesNotMatch")
          .satisfies(failure -> {
            var trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            assertThat(trace.toString())
                .doesNotContain(stand.accessKey, "another-secret", "Signature=", "X-Amz");
          });
    }
    assertThat(wrong.toString()).doesNotContain("another-secret");
  }

  private static byte[] bytes(int length) {
    var bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private Content streamOf(byte[] bytes) {
    return Content.of(
        new InputReadStream(vertx, new ByteArrayInputStream(bytes)), OptionalLong.empty());
  }

  private byte[] bytesOf(Blobstore store, BlobKey key) {
    return await(
            store
                .open(key, ByteRange.ALL)
                .compose(content -> content.toBuffer(vertx, Integer.MAX_VALUE)))
        .getBytes();
  }
}
