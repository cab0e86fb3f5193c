package dropship.registry.image;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * As many conversions work at a time as there are processors; the others wait for their turns, in
 * the order in which they came. A turn is long enough for what a conversion needs to get into the
 * processor's caches, and to stay there: with one for each block, 32 conversions took twice as long
 * as one after another.
 */
final class Turns {
  private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(100);

  private final Semaphore turns = new Semaphore(Runtime.getRuntime().availableProcessors(), true);

  Turn newTurn() {
    return new Turn();
  }

  /** What one conversion has, or waits for. For one thread. */
  final class Turn {
    private boolean mine;
    private long since;

    /** Waits for a turn; or goes on with this one, if it has not been long. */
    void goOn() {
      if (mine && turns.hasQueuedThreads() && System.nanoTime() - since > LONGEST) {
        end();
      }
      if (!mine) {
        turns.acquireUninterruptibly();
        mine = true;
        since = System.nanoTime();
      }
    }

    /** Lets others have their turns. */
    void end() {
      if (mine) {
        mine = false;
        turns.release();
      }
    }
  }
}
