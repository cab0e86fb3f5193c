package dropship.registry.cli;

import java.io.PrintStream;
import java.net.http.HttpRequest.BodyPublisher;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;

/**
 * Shows how far an upload has come: a bar on a terminal, elsewhere a line every few seconds. What
 * is over in a moment is not shown at all.
 */
final class Progress implements BodyPublisher {
  private static final int WIDTH = 30;
  private static final long BAR_MILLIS = 200;
  private static final long LINE_MILLIS = 5000;

  private final BodyPublisher body;
  private final PrintStream to;
  private final boolean terminal;
  private long next;
  private boolean shown;

  /** Passes {@code body} on; the bar is redrawn in place if {@code terminal}. */
  Progress(BodyPublisher body, PrintStream to, boolean terminal) {
    this.body = body;
    this.to = to;
    this.terminal = terminal;
  }

  /** On the standard error, so that what a command answers can be used by others. */
  @SuppressWarnings("SystemConsoleNull") // without a terminal it may still be
  static Progress of(BodyPublisher body) {
    var console = System.console();
    return new Progress(body, System.err, console != null && console.isTerminal());
  }

  @Override
  public long contentLength() {
    return body.contentLength();
  }

  @Override
  public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
    next = now() + (terminal ? BAR_MILLIS : LINE_MILLIS);
    body.subscribe(
        new Subscriber<ByteBuffer>() {
          private long sent;

          @Override
          public void onSubscribe(Subscription subscription) {
            subscriber.onSubscribe(subscription);
          }

          @Override
          public void onNext(ByteBuffer bytes) {
            sent += bytes.remaining();
            show(sent);
            subscriber.onNext(bytes);
          }

          @Override
          public void onError(Throwable failure) {
            end();
            subscriber.onError(failure);
          }

          @Override
          public void onComplete() {
            end();
            subscriber.onComplete();
          }
        });
  }

  private void show(long sent) {
    if (now() < next) {
      return;
    }
    next = now() + (terminal ? BAR_MILLIS : LINE_MILLIS);
    shown = true;
    long all = Math.max(1, contentLength());
    var text = "%3d %%  %s of %s".formatted(sent * 100 / all, Print.size(sent), Print.size(all));
    if (terminal) {
      int done = (int) (sent * WIDTH / all);
      to.printf("\r[%s%s] %s ", "#".repeat(done), " ".repeat(WIDTH - done), text);
      to.flush();
    } else {
      to.println("uploading: " + text);
    }
  }

  private void end() {
    if (shown && terminal) {
      to.print("\r" + " ".repeat(WIDTH + 50) + "\r");
      to.flush();
    }
  }

  private static long now() {
    return System.nanoTime() / 1_000_000;
  }
}
