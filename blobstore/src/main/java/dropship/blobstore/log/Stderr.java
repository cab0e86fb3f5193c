package dropship.blobstore.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes lines to standard error, on a thread of its own: event loops log, and must not wait for
 * whoever reads it, nor for each other. What waits to be written is bounded. When there is no more
 * room lines are lost, warnings and errors last; and the log says so as soon as it can.
 */
public final class Stderr extends UnsynchronizedAppenderBase<ILoggingEvent> {
  private static final Logger LOG = LoggerFactory.getLogger(Stderr.class);

  /** In bytes. */
  private static final long ROOM = 4 << 20;

  private static final long KEPT_FOR_WARNINGS = 1 << 20;

  private static final int BATCH = 64 << 10;

  /** A busy server's lines are written many at a time: to wake up for each costs more than it. */
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(10);

  /** How long the end of the process may be delayed. */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(5);

  private final OutputStream to;
  private final Thread writer = Thread.ofPlatform().daemon().name("log").unstarted(this::writeAll);
  private final ByteArrayOutputStream batch = new ByteArrayOutputStream(2 * BATCH);
  private final Queue<byte[]> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicLong unwritten = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private volatile Lines lines = Lines.TEXT;
  private volatile boolean idle;

  public Stderr() {
    this(new FileOutputStream(FileDescriptor.err));
  }

  Stderr(OutputStream to) {
    this.to = to;
  }

  void use(Lines wanted) {
    lines = wanted;
  }

  @Override
  public void start() {
    super.start();
    writer.start();
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::flush));
  }

  @Override
  protected void append(ILoggingEvent event) {
    var line = lines.render(event, Call.current().map(Call::id));
    boolean warns = event.getLevel().isGreaterOrEqual(Level.WARN);
    if (unwritten.addAndGet(line.length) <= (warns ? ROOM : ROOM - KEPT_FOR_WARNINGS)) {
      waiting.add(line);
      if (idle) {
        LockSupport.unpark(writer);
      }
    } else {
      unwritten.addAndGet(-line.length);
      lost.incrementAndGet();
    }
  }

  private void writeAll() {
    long said = 0;
    while (true) {
      awaitLines();
      boolean taken = writeBatch();
      long sofar = lost();
      if (taken && sofar > said) {
        said = sofar;
        LOG.warn("standard error is not read fast enough: {} lines have been lost", sofar);
      }
      if (waiting.isEmpty()) {
        LockSupport.parkNanos(PAUSE);
      }
    }
  }

  private void awaitLines() {
    idle = true;
    while (waiting.isEmpty()) {
      LockSupport.park(this);
    }
    idle = false;
  }

  /** Whether there is somebody who takes what is written. */
  private boolean writeBatch() {
    batch.reset();
    int count = 0;
    while (batch.size() < BATCH && !waiting.isEmpty()) {
      batch.writeBytes(waiting.remove());
      count++;
    }
    try {
      batch.writeTo(to);
      return true;
    } catch (IOException nobodyDoes) {
      lost.addAndGet(count);
      return false;
    } finally {
      unwritten.addAndGet(-batch.size());
    }
  }

  /** How many lines were not written. */
  long lost() {
    return lost.get();
  }

  /** Waits until all that has been logged is written, or for too long. */
  void flush() {
    long deadline = System.nanoTime() + PATIENCE;
    while (unwritten.get() > 0 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(PAUSE);
    }
  }
}
