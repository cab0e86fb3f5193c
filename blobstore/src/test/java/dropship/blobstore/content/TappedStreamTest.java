package dropship.blobstore.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TappedStreamTest {
  private static final int SIZE = 5_000_000;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Vertx vertx = Vertx.vertx();
  private final byte[] bytes = new byte[SIZE];

  TappedStreamTest() {
    new Random(1).nextBytes(bytes);
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void givesTheSameBytesToBoth() throws Exception {
    var tap = new Conduit(vertx.getOrCreateContext(), 100_000);
    var seen = read(tap, () -> tap.input().readAllBytes());

    var passed = collect(new ByteArrayInputStream(bytes), tap, Future.succeededFuture());

    assertThat(passed.await(20, TimeUnit.SECONDS).getBytes()).isEqualTo(bytes);
    assertThat(seen.await(20, TimeUnit.SECONDS)).isEqualTo(bytes);
  }

  @Test
  void endsOnlyWhenTheGateOpens() throws Exception {
    var tap = new Conduit(vertx.getOrCreateContext(), 100_000);
    var seen = read(tap, () -> tap.input().readAllBytes());
    var gate = Promise.<String>promise();

    var passed = collect(new ByteArrayInputStream(bytes), tap, gate.future());
    seen.await(20, TimeUnit.SECONDS);

    assertThat(passed.isComplete()).isFalse();
    gate.complete("now");
    assertThat(passed.await(20, TimeUnit.SECONDS).length()).isEqualTo(SIZE);
  }

  @Test
  void failsWhenTheGateDoes() {
    var tap = new Conduit(vertx.getOrCreateContext(), SIZE * 2);

    var passed =
        collect(
            new ByteArrayInputStream(bytes),
            tap,
            Future.failedFuture(new IOException("not convertible")));

    assertThatThrownBy(() -> passed.await(20, TimeUnit.SECONDS))
        .hasMessageContaining("not convertible");
  }

  @Test
  void failsBothWhenTheSourceBreaksOff() {
    var tap = new Conduit(vertx.getOrCreateContext(), 100_000);
    var seen = read(tap, () -> tap.input().readAllBytes());
    var broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("broken off");
          }
        };

    var passed =
        collect(
            new SequenceInputStream(new ByteArrayInputStream(bytes), broken),
            tap,
            Future.succeededFuture());

    assertThatThrownBy(() -> passed.await(20, TimeUnit.SECONDS)).hasMessageContaining("broken off");
    assertThatThrownBy(() -> seen.await(20, TimeUnit.SECONDS)).hasMessageContaining("broken off");
  }

  private <T> Future<T> read(Conduit tap, Callable<T> reader) {
    return Blocking.call(vertx, command -> Thread.ofVirtual().start(command), reader);
  }

  private Future<Buffer> collect(InputStream source, Conduit tap, Future<?> gate) {
    var result = Promise.<Buffer>promise();
    vertx
        .getOrCreateContext()
        .runOnContext(now -> {
          var tapped =
              new TappedStream(
                  vertx, new InputReadStream(vertx, source), tap, () -> gate, PATIENCE);
          Content.of(tapped, OptionalLong.empty()).toBuffer(vertx, SIZE).onComplete(result);
        });
    return result.future();
  }
}
