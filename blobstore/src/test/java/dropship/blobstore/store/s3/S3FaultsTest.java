package dropship.blobstore.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.InputReadStream;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.NoSpaceLeft;
import dropship.blobstore.store.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.exception.SdkClientException;

/** S3 as no server for tests behaves: slow, broken, too full, gone. */
@Timeout(120)
class S3FaultsTest {
  private static final BlobKey KEY = new BlobKey("some/where/key");
  private static final int MIB = 1024 * 1024;
  private static final int PART = 8 * MIB;

  private final Vertx vertx = Vertx.vertx();
  private S3Connection connection;

  @AfterEach
  void close() {
    if (connection != null) {
      connection.close();
    }
    await(vertx.close());
  }

  /** A store in front of a server that answers as {@code handler} does. */
  private S3Blobstore storeOn(Handler<HttpServerRequest> handler) throws IOException {
    var options = new HttpServerOptions().setHandle100ContinueAutomatically(true);
    var server =
        await(vertx.createHttpServer(options).requestHandler(handler).listen(0, "127.0.0.1"));
    return storeAt(URI.create("http://127.0.0.1:" + server.actualPort()));
  }

  private S3Blobstore storeAt(URI endpoint) throws IOException {
    connection = S3Connection.open(S3Stand.settings(endpoint, "id", "secret"));
    return new S3Blobstore(vertx, connection, "bucket", Optional.empty());
  }

  private static void refuse(HttpServerRequest request, int status, String code) {
    request
        .body()
        .onSuccess(read ->
            request
                .response()
                .setStatusCode(status)
                .end("<Error><Code>%s</Code><Message>no</Message></Error>".formatted(code)));
  }

  @Test
  void failsWhatEndsBeforeAllHasCome() throws IOException {
    var store =
        storeOn(request ->
            request
                .response()
                .putHeader("Content-Length", "100000")
                .write(Buffer.buffer(new byte[50_000]))
                .onSuccess(written -> request.connection().close()));

    var content = await(store.open(KEY, ByteRange.ALL));

    assertThat(content.length()).hasValue(100_000);
    assertThatThrownBy(() -> await(content.toBuffer(vertx, MIB)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("reading s3://bucket/some/where/key");
  }

  @Test
  void triesAgainAndThenSaysThatTheStoreIsUnavailable() throws IOException {
    var attempts = new AtomicInteger();
    var store =
        storeOn(request -> {
          attempts.incrementAndGet();
          refuse(request, 503, "SlowDown");
        });

    assertThatThrownBy(() -> await(store.open(KEY, ByteRange.ALL)))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessage("reading s3://bucket/some/where/key: 503 SlowDown");

    assertThat(attempts).hasValue(4);
  }

  @Test
  void saysThatNobodyIsThere() throws IOException {
    var store = storeAt(URI.create("http://127.0.0.1:1"));

    assertThatThrownBy(() -> await(store.stat(KEY)))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessageStartingWith("looking at s3://bucket/some/where/key: ")
        .hasMessageContaining("refused");
  }

  @Test
  void saysWhatAttemptsMetBeforeOneThatWaitedInVain() {
    var last =
        SdkClientException.create("no", new TimeoutException("Acquire operation took longer"));
    last.addSuppressed(SdkClientException.create("Request attempt 1: Acquire operation took"));
    last.addSuppressed(SdkClientException.create("Request attempt 2: Connection refused"));

    assertThat(Failures.of("looking", last))
        .isInstanceOf(StoreUnavailable.class)
        .hasMessage(
            "looking: Acquire operation took longer (Request attempt 2: Connection refused)");
  }

  @Test
  void tellsAFullStoreFromOthers() throws IOException {
    var store = storeOn(request -> refuse(request, 507, "XMinioStorageFull"));

    assertThatThrownBy(() -> await(store.put(KEY, Content.of("x"), Condition.ALWAYS)))
        .isInstanceOf(NoSpaceLeft.class);
  }

  @Test
  void putsAgainWhenAnotherWritesTheSameKey() throws IOException {
    var attempts = new AtomicInteger();
    var store =
        storeOn(request -> {
          if (attempts.incrementAndGet() < 3) {
            refuse(request, 409, "ConditionalRequestConflict");
          } else {
            request.body().onSuccess(read -> request.response().putHeader("ETag", "\"e\"").end());
          }
        });

    var stored = await(store.put(KEY, Content.of("x"), Condition.IF_ABSENT));

    assertThat(stored.etag()).isEqualTo("e");
    assertThat(attempts).hasValue(3);
  }

  @Test
  void namesWhatCouldNotBeDeleted() throws IOException {
    var store =
        storeOn(request ->
            request
                .body()
                .onSuccess(read ->
                    request
                        .response()
                        .end(
                            "<DeleteResult><Error><Key>some/where/key</Key>"
                                + "<Code>AccessDenied</Code></Error></DeleteResult>")));

    assertThatThrownBy(() -> await(store.deleteAll(List.of(KEY, new BlobKey("other")))))
        .hasMessageContaining("deleting 1 of 2")
        .hasMessageContaining("some/where/key=AccessDenied");
  }

  /** Sends without end, and says when the client has gone. */
  private static void sendForEver(
      HttpServerRequest request, AtomicLong sent, CompletableFuture<?> gone) {
    var response = request.response().putHeader("Content-Length", "" + (1L << 40));
    request.connection().closeHandler(closed -> gone.complete(null));
    pour(response, sent);
  }

  private static void pour(HttpServerResponse response, AtomicLong sent) {
    while (!response.writeQueueFull() && !response.closed()) {
      response.write(Buffer.buffer(new byte[64 * 1024]));
      sent.addAndGet(64 * 1024);
    }
    response.drainHandler(drained -> pour(response, sent));
  }

  @Test
  void stopsADownloadThatIsClosed() throws Exception {
    var gone = new CompletableFuture<Void>();
    var store = storeOn(request -> sendForEver(request, new AtomicLong(), gone));

    await(store.open(KEY, ByteRange.ALL)).close();

    assertThat(gone).succeedsWithin(Duration.ofSeconds(30));
  }

  @Test
  void stopsADownloadWhoseReaderHasEnough() throws Exception {
    var gone = new CompletableFuture<Void>();
    var store = storeOn(request -> sendForEver(request, new AtomicLong(), gone));
    var content = await(store.open(KEY, ByteRange.ALL));

    try (var input = content.input(vertx)) {
      assertThat(input.readNBytes(MIB)).hasSize(MIB);
    }

    assertThat(gone).succeedsWithin(Duration.ofSeconds(30));
  }

  @Test
  void holdsBackASenderWhoseBytesNobodyReads() throws Exception {
    var sent = new AtomicLong();
    var store = storeOn(request -> sendForEver(request, sent, new CompletableFuture<>()));
    var content = await(store.open(KEY, ByteRange.ALL));
    var some = new CompletableFuture<Buffer>();

    var stream = content.stream(vertx);
    stream.handler(chunk -> {
      stream.pause();
      some.complete(chunk);
    });

    assertThat(some).succeedsWithin(Duration.ofSeconds(30));
    long before;
    do { // until what lies between the two is full
      before = sent.get();
      new CountDownLatch(1).await(500, TimeUnit.MILLISECONDS);
    } while (sent.get() != before);
    assertThat(sent).hasValueLessThan(32 * MIB);
    content.close();
  }

  @Test
  void hasFewPartsOnTheirWay() throws Exception {
    var held = new ConcurrentLinkedQueue<HttpServerRequest>();
    var three = new CompletableFuture<Void>();
    var inFlight = new AtomicInteger();
    var most = new AtomicInteger();
    var answering = new CompletableFuture<Void>();
    var store =
        storeOn(request -> {
          if (request.method() == HttpMethod.PUT) {
            most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
            request
                .body()
                .onSuccess(read -> {
                  held.add(request);
                  if (held.size() == 3) {
                    three.complete(null);
                  }
                  answering.thenRun(() ->
                      vertx.runOnContext(now -> {
                        inFlight.decrementAndGet();
                        request.response().putHeader("ETag", "\"part\"").end();
                      }));
                });
          } else if ("uploads".equals(request.query()) || "uploads=".equals(request.query())) {
            request
                .response()
                .end(
                    "<InitiateMultipartUploadResult><UploadId>one</UploadId>"
                        + "</InitiateMultipartUploadResult>");
          } else {
            request
                .body()
                .onSuccess(read ->
                    request
                        .response()
                        .end(
                            "<CompleteMultipartUploadResult><ETag>\"all-7\"</ETag>"
                                + "</CompleteMultipartUploadResult>"));
          }
        });
    var source = new Zeros(6L * PART + 5);

    var put =
        store.put(
            KEY,
            Content.of(new InputReadStream(vertx, source), OptionalLong.empty()),
            Condition.ALWAYS);

    assertThat(three).succeedsWithin(Duration.ofSeconds(60));
    assertThat(source.read).hasValueLessThan(3L * PART + MIB);
    answering.complete(null);
    assertThat(await(put).etag()).isEqualTo("all-7");
    assertThat(most.get()).isLessThanOrEqualTo(3);
  }

  private static final class Zeros extends InputStream {
    private final AtomicLong read = new AtomicLong();
    private final long length;

    Zeros(long length) {
      this.length = length;
    }

    @Override
    public int read() {
      return read.get() == length ? -1 : (int) (read.incrementAndGet() & 0);
    }

    @Override
    public int read(byte[] into, int offset, int wanted) {
      int more = (int) Math.min(wanted, length - read.get());
      read.addAndGet(more);
      return more == 0 ? -1 : more;
    }
  }

  @Test
  void signsUrlsForThoseWhoReachTheStoreElsewhereWithoutACall() throws IOException {
    var nobody = S3Stand.settings(URI.create("http://127.0.0.1:1"), "id", "secret");
    for (boolean pathStyle : new boolean[] {true, false}) {
      connection =
          S3Connection.open(
              new S3Connection.Settings(
                  nobody.endpoint(),
                  nobody.region(),
                  pathStyle,
                  nobody.keys(),
                  Optional.empty(),
                  Optional.empty(),
                  true,
                  Optional.of(URI.create("https://s3.example.com:9000")),
                  nobody.connections()));
      var store = new S3Blobstore(vertx, connection, "bucket", Optional.of(new BlobKey("ours")));

      var url = await(store.url(KEY, Duration.ofMinutes(10))).orElseThrow();

      assertThat(url.getScheme()).isEqualTo("https");
      assertThat(url.getAuthority())
          .isEqualTo((pathStyle ? "" : "bucket.") + "s3.example.com:9000");
      assertThat(url.getPath()).isEqualTo((pathStyle ? "/bucket" : "") + "/ours/some/where/key");
      assertThat(url.getQuery()).contains("X-Amz-Expires=600").doesNotContain("secret");
      connection.close();
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
