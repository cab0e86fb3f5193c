package dropship.blobstore.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ConduitTest {
  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final Conduit conduit = new Conduit(context, 100);

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void carriesBytesInOrder() throws IOException {
    conduit.write(Buffer.buffer("one "));
    conduit.write(Buffer.buffer());
    conduit.write(Buffer.buffer("two"));
    conduit.end();

    assertThat(new String(conduit.input().readAllBytes())).isEqualTo("one two");
  }

  @Test
  void isFullWhenItsCapacityWaits() throws Exception {
    conduit.write(Buffer.buffer(new byte[99]));
    assertThat(conduit.writeQueueFull()).isFalse();
    conduit.write(Buffer.buffer(new byte[1]));
    assertThat(conduit.writeQueueFull()).isTrue();

    var drained = new CountDownLatch(1);
    conduit.drainHandler(now -> drained.countDown());
    assertThat(drained.getCount()).isEqualTo(1);
    conduit.input().readNBytes(100);

    assertThat(drained.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(conduit.writeQueueFull()).isFalse();
  }

  @Test
  void tellsTheReaderThatTheWriterBrokeOff() throws IOException {
    conduit.write(Buffer.buffer("half"));
    conduit.fail(new IOException("connection lost"));

    var input = conduit.input();
    assertThat(new String(input.readNBytes(4))).isEqualTo("half");
    assertThatThrownBy(input::read).hasMessageContaining("connection lost");
    assertThatThrownBy(input::read).hasMessageContaining("connection lost");
  }

  @Test
  void wakesAReaderThatWaits() throws Exception {
    var failure = new Throwable[1];
    var reader =
        Thread.ofVirtual()
            .start(() -> {
              try {
                conduit.input().read();
              } catch (IOException e) {
                failure[0] = e;
              }
            });
    conduit.fail(new IOException("connection lost"));

    assertThat(reader.join(java.time.Duration.ofSeconds(10))).isTrue();
    assertThat(failure[0]).hasMessageContaining("connection lost");
  }

  @Test
  void letsTheWriterGoOnWhenTheReaderHasLeft() throws Exception {
    conduit.write(Buffer.buffer(new byte[200]));
    var drained = new CountDownLatch(1);
    conduit.drainHandler(now -> drained.countDown());

    conduit.input().close();
    conduit.write(Buffer.buffer(new byte[1000]));

    assertThat(drained.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(conduit.writeQueueFull()).isFalse();
  }

  @Test
  void doesNotFailAfterTheEnd() throws IOException {
    conduit.write(Buffer.buffer("all"));
    conduit.end();
    conduit.fail(new IOException("too late"));

    assertThat(new String(conduit.input().readAllBytes())).isEqualTo("all");
  }
}
