package dropship.blobstore.store.s3;

import dropship.blobstore.content.Blocking;
import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.BlobNotFound;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.ListedBlob;
import dropship.blobstore.store.StoredBlob;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Keeps blobs as objects of a bucket, or of what is below a prefix in it. A blob's key is the
 * object's, so that others who know the bucket find it.
 */
public final class S3Blobstore implements Blobstore {
  private static final long GIB = 1L << 30;

  /** What S3 copies in one go, and in parts of what size it copies what is larger. */
  record Copying(long atOnce, long part) {
    static final Copying OF_S3 = new Copying(5 * GIB, GIB);
  }

  private final Vertx vertx;
  private final S3Connection connection;
  private final Bucket bucket;
  private final Optional<PresignedUrls> urls;
  private final Copying copying;

  public S3Blobstore(Vertx vertx, S3Connection connection, String name, Optional<BlobKey> prefix) {
    this(vertx, connection, name, prefix, Copying.OF_S3);
  }

  S3Blobstore(
      Vertx vertx,
      S3Connection connection,
      String name,
      Optional<BlobKey> prefix,
      Copying copying) {
    this.vertx = vertx;
    this.connection = connection;
    this.bucket = new Bucket(vertx, connection, name, prefix);
    this.urls =
        connection.settings().redirect()
            ? Optional.of(
                new PresignedUrls(
                    connection.settings().urlOf(name), connection.settings().region()))
            : Optional.empty();
    this.copying = copying;
  }

  @Override
  public Future<StoredBlob> put(BlobKey key, Content content, Condition condition) {
    return switch (content) {
      case Content.InMemory(var bytes) ->
          bucket
              .put(key, ByteBuffer.wrap(bytes.getBytes()), condition)
              .map(etag -> new StoredBlob(bytes.length(), etag));
      case Content.InFile _, Content.Streamed _ ->
          S3Upload.run(vertx, bucket, key, content, condition);
    };
  }

  @Override
  public Future<Content> open(BlobKey key, ByteRange range) {
    return range.length() == 0 ? openNothing(key) : download(key, range);
  }

  private Future<Content> openNothing(BlobKey key) {
    return stat(key)
        .compose(found ->
            found.isPresent()
                ? Future.succeededFuture(Content.of(Buffer.buffer()))
                : Future.failedFuture(new BlobNotFound(key)));
  }

  private Future<Content> download(BlobKey key, ByteRange range) {
    var attempt = bucket.attempt("reading", key);
    var context = vertx.getOrCreateContext();
    var request =
        GetObjectRequest.builder()
            .bucket(bucket.name())
            .key(bucket.outside(key))
            .range(range.equals(ByteRange.ALL) ? null : headerOf(range))
            .build();
    var call =
        bucket
            .client()
            .getObject(
                request,
                new Opening(
                    length -> new S3Download(vertx, context, attempt, length, Bucket.ANSWER)));
    var answer = Future.fromCompletionStage(call, context);
    return answer
        .timeout(Bucket.ANSWER.toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(failure -> {
          call.cancel(true);
          answer.onSuccess(opened -> opened.download().close()); // it came after all
        })
        .map(opened -> contentOf(opened, range, attempt))
        .recover(failure -> notOpened(key, attempt, failure));
  }

  private static Future<Content> notOpened(BlobKey key, String attempt, Throwable failure) {
    int status = Failures.status(failure);
    if (status == 416) {
      return Future.succeededFuture(Content.of(Buffer.buffer())); // it is there, but ends before
    }
    boolean absent = status == 404 && !Failures.code(failure).equals("NoSuchBucket");
    return Future.failedFuture(absent ? new BlobNotFound(key) : Failures.of(attempt, failure));
  }

  private static String headerOf(ByteRange range) {
    boolean open = range.length() > Long.MAX_VALUE - range.offset();
    return "bytes=" + range.offset() + "-" + (open ? "" : range.last());
  }

  private static Content contentOf(Opening.Opened opened, ByteRange range, String attempt) {
    var given = opened.head().contentRange();
    if (!range.equals(ByteRange.ALL)
        && (given == null || !given.startsWith("bytes " + range.offset() + "-"))) {
      opened.download().close();
      throw new IllegalStateException(
          "%s: the answer is the range %s, expected %s".formatted(attempt, given, headerOf(range)));
    }
    return Content.of(opened.download(), OptionalLong.of(opened.head().contentLength()));
  }

  @Override
  public Future<Optional<StoredBlob>> stat(BlobKey key) {
    return bucket
        .answer(
            bucket
                .client()
                .headObject(head ->
                    head.bucket(bucket.name())
                        .key(bucket.outside(key))
                        .overrideConfiguration(Bucket.within(Bucket.ANSWER))))
        .map(
            head -> Optional.of(new StoredBlob(head.contentLength(), Bucket.unquoted(head.eTag()))))
        .recover(failure ->
            Failures.status(failure) == 404
                ? Future.succeededFuture(Optional.empty())
                : Future.failedFuture(Failures.of(bucket.attempt("looking at", key), failure)));
  }

  @Override
  public Future<List<ListedBlob>> list(BlobKey prefix, Optional<BlobKey> last) {
    var page =
        ListObjectsV2Request.builder()
            .bucket(bucket.name())
            .prefix(bucket.outside(prefix) + "/")
            .maxKeys(PAGE)
            .overrideConfiguration(Bucket.within(Bucket.ANSWER));
    last.map(bucket::outside).ifPresent(page::startAfter);
    return list(bucket.attempt("listing", prefix), page.build(), List.of());
  }

  /** A page of S3 may have objects whose keys are none of ours: it goes on until ours is full. */
  private Future<List<ListedBlob>> list(
      String attempt, ListObjectsV2Request page, List<ListedBlob> before) {
    return bucket
        .answer(attempt, bucket.client().listObjectsV2(page))
        .compose(answer -> {
          var all = new ArrayList<>(before);
          answer.contents().stream()
              .flatMap(object -> listed(object).stream())
              .limit(PAGE - all.size())
              .forEach(all::add);
          boolean more = Boolean.TRUE.equals(answer.isTruncated());
          return all.size() == PAGE || !more
              ? Future.succeededFuture(List.copyOf(all))
              : list(
                  attempt,
                  page.toBuilder().continuationToken(answer.nextContinuationToken()).build(),
                  all);
        });
  }

  private Optional<ListedBlob> listed(S3Object object) {
    var key = object.key().substring(bucket.prefix().length());
    return BlobKey.isWellFormed(key)
        ? Optional.of(
            new ListedBlob(
                new BlobKey(key), new StoredBlob(object.size(), Bucket.unquoted(object.eTag()))))
        : Optional.empty();
  }

  @Override
  public Future<StoredBlob> copy(BlobKey from, BlobKey to) {
    return stat(from)
        .compose(found -> {
          if (found.isEmpty()) {
            return Future.failedFuture(new BlobNotFound(from));
          }
          var blob = found.get();
          return (blob.size() <= copying.atOnce
                  ? copyAtOnce(from, to)
                  : copyInParts(from, blob, to))
              .map(etag -> new StoredBlob(blob.size(), etag));
        });
  }

  private Future<String> copyAtOnce(BlobKey from, BlobKey to) {
    return bucket
        .answer(
            bucket
                .client()
                .copyObject(copy -> {
                  copy.sourceBucket(bucket.name())
                      .sourceKey(bucket.outside(from))
                      .destinationBucket(bucket.name())
                      .destinationKey(bucket.outside(to))
                      .overrideConfiguration(Bucket.within(Bucket.ASSEMBLY));
                  bucket
                      .encryption()
                      .ifPresent(wanted -> {
                        copy.serverSideEncryption(wanted.algorithm());
                        wanted.kmsKey().ifPresent(copy::ssekmsKeyId);
                      });
                }))
        .map(copied -> Bucket.unquoted(copied.copyObjectResult().eTag()))
        .recover(failure ->
            Future.failedFuture(
                Failures.status(failure) == 404
                    ? new BlobNotFound(from)
                    : Failures.of(bucket.attempt("copying", from), failure)));
  }

  private Future<String> copyInParts(BlobKey from, StoredBlob blob, BlobKey to) {
    long size = Math.max(copying.part, S3Upload.partSizeFor(blob.size()));
    return bucket
        .begin(to, false)
        .compose(upload ->
            copyParts(from, blob, to, upload, size, List.of())
                .compose(parts -> bucket.complete(to, upload, parts, Condition.ALWAYS))
                .recover(failure ->
                    bucket
                        .abort(bucket.outside(to), upload)
                        .transform(aborted -> Future.failedFuture(failure))));
  }

  /** One after another: S3 itself is the one that is busy. */
  private Future<List<CompletedPart>> copyParts(
      BlobKey from,
      StoredBlob blob,
      BlobKey to,
      String upload,
      long size,
      List<CompletedPart> before) {
    var part = new ByteRange(before.size() * size, size).within(blob.size());
    if (part.length() == 0) {
      return Future.succeededFuture(before);
    }
    return bucket
        .copyPart(from, blob.etag(), headerOf(part), to, upload, before.size() + 1)
        .compose(copied -> {
          var parts = new ArrayList<>(before);
          parts.add(copied);
          return copyParts(from, blob, to, upload, size, parts);
        });
  }

  @Override
  public Future<Void> delete(BlobKey key) {
    return bucket
        .answer(
            bucket.attempt("deleting", key),
            bucket
                .client()
                .deleteObject(delete ->
                    delete
                        .bucket(bucket.name())
                        .key(bucket.outside(key))
                        .overrideConfiguration(Bucket.within(Bucket.ANSWER))))
        .mapEmpty();
  }

  @Override
  public Future<Void> deleteAll(List<BlobKey> keys) {
    var failed = new LinkedHashMap<String, String>();
    Future<Void> deleting = Future.succeededFuture();
    for (int first = 0; first < keys.size(); first += PAGE) {
      var page = keys.subList(first, Math.min(keys.size(), first + PAGE));
      deleting = deleting.compose(before -> deletePage(page)).onSuccess(failed::putAll).mapEmpty();
    }
    return deleting.compose(all ->
        failed.isEmpty()
            ? Future.succeededFuture()
            : Future.failedFuture(
                new IOException(
                    "deleting %d of %d blobs of s3://%s: %s"
                        .formatted(failed.size(), keys.size(), bucket.name(), failed))));
  }

  /** Answers the keys that are still there, and why. */
  private Future<Map<String, String>> deletePage(List<BlobKey> page) {
    var objects =
        page.stream()
            .map(key -> ObjectIdentifier.builder().key(bucket.outside(key)).build())
            .toList();
    return bucket
        .answer(
            "deleting",
            bucket
                .client()
                .deleteObjects(delete ->
                    delete
                        .bucket(bucket.name())
                        .delete(all -> all.objects(objects).quiet(true))
                        .overrideConfiguration(Bucket.within(Bucket.ANSWER))))
        .map(answer ->
            answer.errors().stream()
                .collect(Collectors.toMap(error -> error.key(), error -> error.code())))
        .otherwise(failure ->
            objects.stream()
                .collect(Collectors.toMap(ObjectIdentifier::key, each -> failure.getMessage())));
  }

  /** Signed here, without a call; on a worker where a role may have to be asked for first. */
  @Override
  public Future<Optional<URI>> url(BlobKey key, Duration validFor) {
    if (urls.isEmpty()) {
      return Future.succeededFuture(Optional.empty());
    }
    return connection.settings().keys().isPresent()
        ? Future.succeededFuture(Optional.of(sign(urls.get(), key, validFor)))
        : Blocking.call(vertx, () -> Optional.of(sign(urls.get(), key, validFor)));
  }

  private URI sign(PresignedUrls with, BlobKey key, Duration validFor) {
    return with.get(bucket.outside(key), connection.credentials(), Instant.now(), validFor);
  }

  @Override
  public Future<Integer> sweep(Instant before) {
    return sweep(before, null, null, 0);
  }

  private Future<Integer> sweep(
      Instant before, @Nullable String lastKey, @Nullable String lastUpload, int swept) {
    return bucket
        .answer(
            "listing uploads to s3://%s/%s".formatted(bucket.name(), bucket.prefix()),
            bucket
                .client()
                .listMultipartUploads(list ->
                    list.bucket(bucket.name())
                        .prefix(bucket.prefix())
                        .keyMarker(lastKey)
                        .uploadIdMarker(lastUpload)
                        .overrideConfiguration(Bucket.within(Bucket.ANSWER))))
        .compose(page ->
            abortAll(old(page, before))
                .compose(aborted -> {
                  boolean more = Boolean.TRUE.equals(page.isTruncated());
                  return more
                      ? sweep(
                          before, page.nextKeyMarker(), page.nextUploadIdMarker(), swept + aborted)
                      : Future.succeededFuture(swept + aborted);
                }));
  }

  private static List<MultipartUpload> old(ListMultipartUploadsResponse page, Instant before) {
    return page.uploads().stream().filter(each -> each.initiated().isBefore(before)).toList();
  }

  private Future<Integer> abortAll(List<MultipartUpload> uploads) {
    Future<Void> aborting = Future.succeededFuture();
    for (var each : uploads) {
      aborting = aborting.compose(next -> bucket.abort(each.key(), each.uploadId()));
    }
    return aborting.map(all -> uploads.size());
  }
}
