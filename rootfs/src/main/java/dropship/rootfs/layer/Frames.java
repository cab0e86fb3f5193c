package dropship.rootfs.layer;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Compresses parts of layers on a second thread, before it is known what comes before them there.
 * Whoever writes a layer puts them in place ({@link LayerWriter#append}).
 */
public final class Frames extends OutputStream {
  private static final int BUFFER = 64 * 1024;

  private final Compression compression;
  private final Path file;
  private final FrameOutputStream frames;
  private final Relay relay;
  private final List<Long> ends = new ArrayList<>();
  private int begun;

  /**
   * Puts frames into {@code file}, which must not exist. The thread is one of {@code executor}'s.
   */
  public Frames(Compression compression, Path file, Executor executor) throws IOException {
    this.compression = compression;
    this.file = file;
    var into = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    this.frames =
        new FrameOutputStream(compression, executor, new BufferedOutputStream(into, BUFFER));
    this.relay = new Relay(executor, frames);
  }

  @Override
  public void write(int value) throws IOException {
    relay.write(value);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    relay.write(from, offset, length);
  }

  /** Ends a frame of all that has been written since the last, and says which it is. */
  public int endFrame() throws IOException {
    relay.then(() -> {
      frames.endFrame();
      ends.add(frames.size());
    });
    return begun++;
  }

  /** One of the frames; not before this has been closed. */
  public Frame get(int number) {
    long offset = number == 0 ? 0 : ends.get(number - 1);
    return new Frame(compression, file, offset, ends.get(number) - offset);
  }

  /** Waits for the second thread. The file is left to the caller. */
  @Override
  public void close() throws IOException {
    relay.close();
  }
}
