package dropship.blobstore.store.s3;

import dropship.blobstore.content.Content;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.StoredBlob;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/**
 * A blob on its way to S3. What fits into one part is put in one go; else the parts are sent while
 * the bytes come in, few at a time, and become the blob together at the end. On one context.
 */
final class S3Upload {
  /** S3 takes none smaller, but for the last. */
  static final int SMALLEST_PART = 5 * 1024 * 1024;

  private static final int PART = 8 * 1024 * 1024;
  private static final int MOST_PARTS = 10_000;
  private static final int IN_FLIGHT = 3;
  private static final int ALL_IN_FLIGHT = 12;

  private final Bucket bucket;
  private final BlobKey key;
  private final Condition condition;
  private final Content content;
  private final ReadStream<Buffer> stream;
  private final int partSize;
  private final Promise<StoredBlob> done = Promise.promise();
  private final List<Future<CompletedPart>> parts = new ArrayList<>();
  private Part gathering;
  private @Nullable Future<String> upload;
  private int inFlight;
  private long arrived;
  private boolean ended; // the stream, or the interest in it
  private boolean failed;

  private S3Upload(Vertx vertx, Bucket bucket, BlobKey key, Content content, Condition condition) {
    this.bucket = bucket;
    this.key = key;
    this.condition = condition;
    this.content = content;
    this.stream = content.stream(vertx);
    this.partSize = partSizeFor(content.length().orElse(0));
    this.gathering = new Part(partSize);
  }

  /** Large enough for the number of parts there may be. */
  static int partSizeFor(long length) {
    return Math.clamp(Math.ceilDiv(length, MOST_PARTS), PART, Integer.MAX_VALUE - 8);
  }

  static Future<StoredBlob> run(
      Vertx vertx, Bucket bucket, BlobKey key, Content content, Condition condition) {
    var upload = new S3Upload(vertx, bucket, key, content, condition);
    upload.stream.pause();
    upload.stream.exceptionHandler(upload::breakOff);
    upload.stream.endHandler(end -> upload.end());
    upload.stream.handler(upload::take);
    upload.stream.resume();
    return upload.done.future();
  }

  /** Bytes gathered until there are enough of them; takes no more memory than it holds. */
  private static final class Part {
    private final int capacity;
    private byte[] bytes = new byte[16 * 1024];
    private int length;

    Part(int capacity) {
      this.capacity = capacity;
    }

    boolean isFull() {
      return length == capacity;
    }

    /** Takes what there is room for, and answers how much that was. */
    int append(Buffer chunk, int from) {
      int more = Math.min(chunk.length() - from, capacity - length);
      if (length + more > bytes.length) {
        long doubled = Math.max(2L * bytes.length, length + more);
        bytes = Arrays.copyOf(bytes, (int) Math.min(doubled, capacity));
      }
      chunk.getBytes(from, from + more, bytes, length);
      length += more;
      return more;
    }

    ByteBuffer asBuffer() {
      return ByteBuffer.wrap(bytes, 0, length);
    }
  }

  private void take(Buffer chunk) {
    if (ended) {
      return;
    }
    arrived += chunk.length();
    if (arrived > content.length().orElse(Long.MAX_VALUE)) {
      fail(wrongLength());
    }
    int taken = 0;
    while (!ended && taken < chunk.length()) {
      if (gathering.isFull()) {
        send();
      }
      taken += gathering.append(chunk, taken);
    }
  }

  private IOException wrongLength() {
    return new IOException(
        "%s: %d bytes arrived, expected %d"
            .formatted(bucket.attempt("storing", key), arrived, content.length().orElse(arrived)));
  }

  private void send() {
    if (parts.size() == MOST_PARTS) {
      fail(
          new IOException(
              "%s: more than %d bytes".formatted(bucket.attempt("storing", key), arrived)));
      return;
    }
    var bytes = gathering.asBuffer();
    gathering = new Part(partSize);
    inFlight++;
    bucket.partsInFlight().incrementAndGet();
    if (!maySendMore()) {
      stream.pause();
    }
    if (upload == null) {
      upload = bucket.begin(key, true);
    }
    // The part's future must not be one that still knows the bytes.
    var sent = Promise.<CompletedPart>promise();
    parts.add(sent.future());
    int number = parts.size();
    upload
        .compose(id -> bucket.putPart(key, id, number, bytes))
        .onComplete(answer -> {
          inFlight--;
          bucket.partsInFlight().decrementAndGet();
          sent.handle(answer);
          if (answer.failed()) {
            fail(answer.cause());
          } else if (!ended && maySendMore()) {
            stream.resume();
          }
        });
  }

  /** One part at any time; more while not too many are on their way for all uploads together. */
  private boolean maySendMore() {
    return inFlight == 0 || (inFlight < IN_FLIGHT && bucket.partsInFlight().get() < ALL_IN_FLIGHT);
  }

  private void end() {
    if (ended) {
      return;
    }
    ended = true;
    if (arrived != content.length().orElse(arrived)) {
      fail(wrongLength());
    } else if (upload == null) {
      bucket.put(key, gathering.asBuffer(), condition).onComplete(this::succeed, this::fail);
    } else {
      send();
      upload
          .compose(id ->
              Future.all(parts)
                  .compose(all -> bucket.complete(key, id, all.<CompletedPart>list(), condition)))
          .onComplete(this::succeed, this::fail);
    }
  }

  private void succeed(String etag) {
    done.tryComplete(new StoredBlob(arrived, etag));
  }

  /** The source has failed: there is nothing left of it to be closed. */
  private void breakOff(Throwable cause) {
    ended = true;
    fail(cause);
  }

  /** Whoever waits hears of it when nothing is left in S3. */
  private void fail(Throwable cause) {
    if (failed) {
      return;
    }
    failed = true;
    gathering = new Part(0);
    if (!ended) {
      ended = true;
      content.close();
    }
    abort().onComplete(aborted -> done.fail(cause));
  }

  /** What cannot be aborted now is left to a sweep. */
  private Future<Void> abort() {
    var begun = upload;
    return begun == null
        ? Future.succeededFuture()
        : Future.join(parts)
            .<Object>mapEmpty()
            .otherwiseEmpty()
            .compose(settled -> begun)
            .compose(id -> bucket.abort(bucket.outside(key), id));
  }
}
