package dropship.blobstore.store.s3;

import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.PreconditionFailed;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/**
 * The calls that write to one bucket, or to what is below a prefix in it, by the keys that are
 * inside. What they fail with says what was attempted.
 */
final class Bucket {
  /** What any answer may take that is not about many bytes. */
  static final Duration ANSWER = Duration.ofSeconds(30);

  /** What S3 may take to put many bytes together that it has already. */
  static final Duration ASSEMBLY = Duration.ofMinutes(10);

  /** What moves slower than this moves too slowly. */
  private static final long BYTES_PER_SECOND = 128 * 1024;

  private final Vertx vertx;
  private final S3Connection connection;
  private final String name;
  private final String prefix;

  Bucket(Vertx vertx, S3Connection connection, String name, Optional<BlobKey> prefix) {
    this.vertx = vertx;
    this.connection = connection;
    this.name = name;
    this.prefix = prefix.map(below -> below + "/").orElse("");
  }

  S3AsyncClient client() {
    return connection.client();
  }

  /** How many parts are on their way, for all buckets together. */
  AtomicInteger partsInFlight() {
    return connection.partsInFlight();
  }

  String name() {
    return name;
  }

  String prefix() {
    return prefix;
  }

  /** The key as S3 has it. */
  String outside(BlobKey key) {
    return prefix + key;
  }

  /** What is attempted, for failures: "reading s3://bucket/key". */
  String attempt(String doing, BlobKey key) {
    return "%s s3://%s/%s".formatted(doing, name, outside(key));
  }

  /** The answer to a call, on the context this is asked for on. */
  <T> Future<T> answer(CompletableFuture<T> call) {
    return Future.fromCompletionStage(call, vertx.getOrCreateContext());
  }

  /** As {@link #answer}, where any failure is just that. */
  <T> Future<T> answer(String attempt, CompletableFuture<T> call) {
    return answer(call).recover(failure -> Future.failedFuture(Failures.of(attempt, failure)));
  }

  /** Each attempt may take {@code patience}, and all together not much longer. */
  static AwsRequestOverrideConfiguration within(Duration patience) {
    return AwsRequestOverrideConfiguration.builder()
        .apiCallAttemptTimeout(patience)
        .apiCallTimeout(patience.multipliedBy(2))
        .build();
  }

  private static Duration timeFor(long bytes) {
    return ANSWER.plusSeconds(bytes / BYTES_PER_SECOND);
  }

  /** Stores a blob in one go, and answers its ETag. */
  Future<String> put(BlobKey key, ByteBuffer bytes, Condition condition) {
    return answer(
            client()
                .putObject(
                    put -> {
                      put.bucket(name)
                          .key(outside(key))
                          .overrideConfiguration(within(timeFor(bytes.remaining())));
                      switch (condition) {
                        case Condition.Always() -> {}
                        case Condition.IfAbsent() -> put.ifNoneMatch("*");
                        case Condition.IfMatch(var etag) -> put.ifMatch(quoted(etag));
                      }
                      encryption()
                          .ifPresent(wanted -> {
                            put.serverSideEncryption(wanted.algorithm());
                            wanted.kmsKey().ifPresent(put::ssekmsKeyId);
                          });
                    },
                    AsyncRequestBody.fromRemainingByteBufferUnsafe(bytes)))
        .map(stored -> unquoted(stored.eTag()))
        .recover(failure -> Future.failedFuture(notStored(key, condition, failure)));
  }

  /**
   * Begins an upload in parts, and answers its id.
   *
   * @param checked whether all parts come with checksums; those that S3 copies have none
   */
  Future<String> begin(BlobKey key, boolean checked) {
    return answer(
            attempt("storing", key),
            client()
                .createMultipartUpload(begin -> {
                  begin
                      .bucket(name)
                      .key(outside(key))
                      .checksumAlgorithm(checked ? ChecksumAlgorithm.CRC32 : null)
                      .overrideConfiguration(within(ANSWER));
                  encryption()
                      .ifPresent(wanted -> {
                        begin.serverSideEncryption(wanted.algorithm());
                        wanted.kmsKey().ifPresent(begin::ssekmsKeyId);
                      });
                }))
        .map(begun -> begun.uploadId());
  }

  Future<CompletedPart> putPart(BlobKey key, String upload, int number, ByteBuffer bytes) {
    return answer(
            attempt("storing", key),
            client()
                .uploadPart(
                    part ->
                        part.bucket(name)
                            .key(outside(key))
                            .uploadId(upload)
                            .partNumber(number)
                            .checksumAlgorithm(ChecksumAlgorithm.CRC32)
                            .overrideConfiguration(within(timeFor(bytes.remaining()))),
                    AsyncRequestBody.fromRemainingByteBufferUnsafe(bytes)))
        .map(put ->
            CompletedPart.builder()
                .partNumber(number)
                .eTag(put.eTag())
                .checksumCRC32(put.checksumCRC32())
                .build());
  }

  /** Has one part of an upload be a range of a blob that is here already. */
  Future<CompletedPart> copyPart(
      BlobKey from, String etag, String range, BlobKey to, String upload, int number) {
    return answer(
            attempt("copying", from),
            client()
                .uploadPartCopy(part ->
                    part.sourceBucket(name)
                        .sourceKey(outside(from))
                        .copySourceIfMatch(quoted(etag))
                        .copySourceRange(range)
                        .destinationBucket(name)
                        .destinationKey(outside(to))
                        .uploadId(upload)
                        .partNumber(number)
                        .overrideConfiguration(within(ASSEMBLY))))
        .map(copied ->
            CompletedPart.builder()
                .partNumber(number)
                .eTag(copied.copyPartResult().eTag())
                .build());
  }

  /** Makes a blob of the parts, and answers its ETag. */
  Future<String> complete(
      BlobKey key, String upload, List<CompletedPart> parts, Condition condition) {
    return answer(
            client()
                .completeMultipartUpload(complete -> {
                  complete
                      .bucket(name)
                      .key(outside(key))
                      .uploadId(upload)
                      .multipartUpload(all -> all.parts(parts))
                      .overrideConfiguration(within(ASSEMBLY));
                  switch (condition) {
                    case Condition.Always() -> {}
                    case Condition.IfAbsent() -> complete.ifNoneMatch("*");
                    case Condition.IfMatch(var etag) -> complete.ifMatch(quoted(etag));
                  }
                }))
        .map(completed -> unquoted(completed.eTag()))
        .recover(failure -> Future.failedFuture(notStored(key, condition, failure)));
  }

  /** That there is nothing whose ETag could match is said in another way than that it does not. */
  private Throwable notStored(BlobKey key, Condition condition, Throwable failure) {
    boolean absent = Failures.status(failure) == 404 && Failures.code(failure).equals("NoSuchKey");
    return Failures.status(failure) == 412 || (absent && condition instanceof Condition.IfMatch)
        ? new PreconditionFailed(key, condition)
        : Failures.of(attempt("storing", key), failure);
  }

  /** Gives an upload up, with its parts. One that is not there any more is given up already. */
  Future<Void> abort(String outsideKey, String upload) {
    return answer(
            client()
                .abortMultipartUpload(abort ->
                    abort
                        .bucket(name)
                        .key(outsideKey)
                        .uploadId(upload)
                        .overrideConfiguration(within(ANSWER))))
        .recover(failure ->
            Failures.status(failure) == 404
                ? Future.succeededFuture()
                : Future.failedFuture(
                    Failures.of(
                        "aborting an upload to s3://%s/%s".formatted(name, outsideKey), failure)))
        .mapEmpty();
  }

  Optional<S3Connection.Encryption> encryption() {
    return connection.settings().encryption();
  }

  static String unquoted(String etag) {
    return etag.replace("\"", "");
  }

  private static String quoted(String etag) {
    return '"' + etag + '"';
  }
}
