package dropship.registry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ProgressTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private Progress progress(BodyPublisher body, boolean terminal) {
    return new Progress(body, new PrintStream(out, true, StandardCharsets.UTF_8), terminal);
  }

  @Test
  void drawsABarOnATerminalAndWipesItAtTheEnd() {
    var passed = read(progress(BodyPublishers.ofByteArray(new byte[500_000]), true), 40);

    assertThat(passed).isEqualTo(500_000);
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("[#")
        .contains(" of 488.3 KiB")
        .endsWith(" \r")
        .doesNotContain("\n");
  }

  @Test
  void saysNothingOfWhatIsOverInAMoment() {
    read(progress(BodyPublishers.ofByteArray(new byte[500_000]), false), 0);

    assertThat(out.size()).isZero();
  }

  @Test
  void tellsTheLengthOfWhatItPassesOn() {
    assertThat(progress(BodyPublishers.ofString("12345"), true).contentLength()).isEqualTo(5);
  }

  /** Takes a body chunk by chunk, as slowly as asked, and answers how many bytes came. */
  private static long read(BodyPublisher body, long millisEach) {
    var taken = new long[1];
    body.subscribe(
        new Subscriber<ByteBuffer>() {
          private Subscription subscription;

          @Override
          public void onSubscribe(Subscription subscription) {
            this.subscription = subscription;
            subscription.request(1);
          }

          @Override
          public void onNext(ByteBuffer bytes) {
            taken[0] += bytes.remaining();
            try {
              Thread.sleep(millisEach);
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
            subscription.request(1);
          }

          @Override
          public void onError(Throwable failure) {
            throw new AssertionError(failure);
          }

          @Override
          public void onComplete() {}
        });
    return taken[0];
  }
}
