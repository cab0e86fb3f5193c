package dropship.rootfs.layer;

import dropship.blobstore.content.Digest;
import dropship.blobstore.content.DigestingOutputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.concurrent.Executor;

/**
 * Turns the bytes of a tar into a layer in a scratch file, in one pass:
 *
 * <pre>
 *   writer's thread   tar ─▶ SHA-256 (diffID) ─▶ blocks
 *   second thread                                blocks ─▶ compress ─▶ SHA-256 (digest) ─▶ file
 * </pre>
 *
 * Compressing costs no time that way as long as it is faster than making the tar.
 */
public final class LayerWriter extends OutputStream {
  private static final int BUFFER = 64 * 1024;

  private final Compression compression;
  private final Path file;
  private final MessageDigest tarHash = Digest.sha256();

  /** Tars are written in records of 512 bytes, which is little to hash at a time. */
  private final OutputStream tar = new BufferedOutputStream(new Hashing(), BUFFER);

  private final DigestingOutputStream compressed;
  private final FrameOutputStream frames;
  private final Relay relay;
  private long tarSize;
  private boolean framed;
  private boolean finished;

  /** What a frame holds, written as usual. */
  public interface Content {
    void write() throws IOException;
  }

  /**
   * Begins a layer; {@code file} must not exist. The second thread is one of {@code executor}'s.
   */
  public LayerWriter(Compression compression, Path file, Executor executor) throws IOException {
    this.compression = compression;
    this.file = file;
    var into = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    this.compressed = new DigestingOutputStream(new BufferedOutputStream(into, BUFFER));
    this.frames = new FrameOutputStream(compression, executor, compressed);
    this.relay = new Relay(executor, frames);
  }

  /** The tar, some records of 512 bytes at a time. */
  private final class Hashing extends OutputStream {
    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      tarHash.update(from, offset, length);
      tarSize += length;
      if (!framed) {
        relay.write(from, offset, length);
      }
    }
  }

  @Override
  public void write(int value) throws IOException {
    tar.write(value);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    tar.write(from, offset, length);
  }

  /**
   * Puts {@code frame} here. What is in it must be written by {@code content}, for it is part of
   * the tar; but it is not compressed again.
   */
  public void append(Frame frame, Content content) throws IOException {
    tar.flush();
    relay.then(() -> frames.append(frame));
    framed = true;
    content.write();
    tar.flush();
    framed = false;
  }

  /** Ends the layer. The file holds all of it, not yet synced, and belongs to the caller. */
  public Layer finish() throws IOException {
    tar.flush();
    relay.close();
    finished = true;
    return new Layer(
        compression,
        compressed.digest(),
        compressed.size(),
        new DiffId(Digest.fromSha256(tarHash.digest())),
        tarSize);
  }

  /** Gives up a layer that has not been finished, or could not be: the file is deleted. */
  @Override
  public void close() throws IOException {
    if (!finished) {
      finished = true;
      try {
        relay.close();
      } catch (IOException givenUpAnyway) {
        // What it was given up for has been said.
      } finally {
        Files.deleteIfExists(file);
      }
    }
  }
}
