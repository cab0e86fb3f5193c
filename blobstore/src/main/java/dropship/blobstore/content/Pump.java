package dropship.blobstore.content;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;

/**
 * Moves a stream into a writer, and knows when it has arrived. Two things are unlike Vert.x's pipe.
 * What waits between the two is bounded in chunks that are really written, where a response counts
 * messages of any size; and success means that every write has succeeded, not that the source has
 * ended. The writer is left open, whatever happens: an end must not make a half look whole.
 */
public final class Pump {
  private final ReadStream<Buffer> from;
  private final WriteStream<Buffer> to;
  private final Promise<Long> done = Promise.promise();
  private long moved;
  private int writing;
  private boolean ended;

  private Pump(ReadStream<Buffer> from, WriteStream<Buffer> to) {
    this.from = from;
    this.to = to;
  }

  /**
   * Moves everything; at most {@code ahead} chunks are in memory at once. Call it on the context of
   * both.
   *
   * @return how many bytes were moved; fails when either side does
   */
  public static Future<Long> run(ReadStream<Buffer> from, WriteStream<Buffer> to, int ahead) {
    var pump = new Pump(from, to);
    from.pause();
    from.exceptionHandler(pump.done::tryFail);
    to.exceptionHandler(pump.done::tryFail);
    from.endHandler(end -> {
      pump.ended = true;
      pump.completeWhenWritten();
    });
    from.handler(pump::write);
    from.fetch(ahead);
    return pump.done.future();
  }

  private void write(Buffer chunk) {
    if (done.future().isComplete()) {
      return;
    }
    moved += chunk.length();
    writing++;
    to.write(chunk).onComplete(this::written, done::tryFail);
  }

  private void written(Void ok) {
    writing--;
    if (!ended && !done.future().isComplete()) {
      from.fetch(1);
    }
    completeWhenWritten();
  }

  private void completeWhenWritten() {
    if (ended && writing == 0) {
      done.tryComplete(moved);
    }
  }
}
