package dropship.registry;

import dropship.blobstore.log.Logs;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * The end of a server that people start by hand: Ctrl-C (or SIGTERM) is how it is meant to end, so
 * the exit status is 0, and what that interrupts is nobody's failure.
 */
final class Ending implements AutoCloseable {
  private final Thread starter = Thread.currentThread();
  private final Thread hook = Thread.ofPlatform().unstarted(this::end);
  private final String message;
  private volatile Optional<Server> server = Optional.empty();

  private Ending(String message) {
    this.message = message;
  }

  /**
   * From now on a signal interrupts this thread, stops the server, and ends the process.
   *
   * @param message what is said at the end
   */
  static Ending onSignal(String message) {
    var ending = new Ending(message);
    Runtime.getRuntime().addShutdownHook(ending.hook);
    return ending;
  }

  void stopFirst(Server running) {
    server = Optional.of(running);
  }

  private void end() {
    starter.interrupt();
    try {
      server.ifPresent(Server::stop);
      Logs.flush(); // what it has said comes before
      System.out.printf("%n%s%n", message);
      System.out.flush();
    } finally {
      Runtime.getRuntime().halt(0);
    }
  }

  /** Returns when the thread is interrupted, which is in the end. */
  void await() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  /** Signals do what they usually do again. Does not return once the end has begun. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException begun) {
      while (true) {
        boolean known = Thread.interrupted();
        LockSupport.park(known);
      }
    }
  }
}
