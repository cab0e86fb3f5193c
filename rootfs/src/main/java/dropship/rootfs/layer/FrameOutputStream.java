package dropship.rootfs.layer;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Compresses what is written into frames that can be decompressed one without the other. */
final class FrameOutputStream extends OutputStream {
  private final Compression compression;
  private final Executor executor;
  private final OutputStream underlying;
  private final Compressed to;
  private @Nullable OutputStream frame;

  private static final class Compressed extends FilterOutputStream {
    long size;

    Compressed(OutputStream to) {
      super(to);
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      size++;
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      out.write(from, offset, length);
      size += length;
    }

    /** A frame's end is not the end of what it is in. */
    @Override
    public void close() {}
  }

  FrameOutputStream(Compression compression, Executor executor, OutputStream to) {
    this.compression = compression;
    this.executor = executor;
    this.underlying = to;
    this.to = new Compressed(to);
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    if (frame == null) {
      frame = compression.compress(to, executor);
    }
    frame.write(from, offset, length);
  }

  /** What is written from now on is in another frame. */
  void endFrame() throws IOException {
    if (frame != null) {
      var ended = frame;
      frame = null;
      ended.close();
    }
  }

  /** Takes in a frame that has been made elsewhere. */
  void append(Frame made) throws IOException {
    endFrame();
    made.copyTo(to);
  }

  /** How many bytes the frames that have been ended take. */
  long size() {
    return to.size;
  }

  @Override
  public void close() throws IOException {
    try (underlying) {
      if (to.size == 0) {
        write(new byte[0], 0, 0); // of nothing there is a frame, too
      }
      endFrame();
    }
  }
}
