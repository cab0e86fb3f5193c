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
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of a tar into a layer in a scratch file, in one pass:
 *
 * <pre>
 *   writer's thread   tar ─▶ SHA-256 (diffID) ─▶ blocks
 *   second thread                                blocks ─▶ compress ─▶ SHA-256 (digest) ─▶ file
 * </pre>
 *
 * Compressing costs no time that way as long as it is faster than making the tar. At most {@link
 * #BLOCKS} blocks exist.
 */
public final class LayerWriter extends OutputStream {
  private static final int BLOCK = 256 * 1024;
  private static final int BLOCKS = 4;

  private final Compression compression;
  private final Path file;
  private final MessageDigest tarHash = Digest.sha256();
  private final BlockingQueue<Block> empty = new ArrayBlockingQueue<>(BLOCKS);
  private final BlockingQueue<Block> filled = new ArrayBlockingQueue<>(BLOCKS + 1);
  private final CompletableFuture<DigestingOutputStream> compressing;
  private @Nullable Block block;
  private long tarSize;
  private boolean ended;
  private boolean closed;

  private static final class Block {
    private static final Block END = new Block(0);
    final byte[] bytes;
    int length;

    Block(int capacity) {
      bytes = new byte[capacity];
    }
  }

  /**
   * Begins a layer; {@code file} must not exist. The second thread is one of {@code executor}'s.
   */
  public LayerWriter(Compression compression, Path file, Executor executor) {
    this.compression = compression;
    this.file = file;
    for (int i = 0; i < BLOCKS; i++) {
      empty.add(new Block(BLOCK));
    }
    this.compressing = CompletableFuture.supplyAsync(this::compress, executor);
  }

  private DigestingOutputStream compress() {
    try (var into =
            Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        var digesting = new DigestingOutputStream(new BufferedOutputStream(into, BLOCK))) {
      try (var compressed = compression.compress(digesting)) {
        for (var next = filled.take(); next != Block.END; next = filled.take()) {
          compressed.write(next.bytes, 0, next.length);
          empty.put(next);
        }
      }
      return digesting;
    } catch (IOException e) {
      throw new CompletionException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    int written = 0;
    while (written < length) {
      if (block == null) {
        block = emptyBlock();
      }
      var into = block;
      int part = Math.min(length - written, BLOCK - into.length);
      System.arraycopy(from, offset + written, into.bytes, into.length, part);
      into.length += part;
      written += part;
      if (into.length == BLOCK) {
        pass(into);
      }
    }
  }

  private Block emptyBlock() throws IOException {
    try {
      // When compressing has failed, no block comes back: the failure is what to tell then.
      Block next = null;
      while (next == null) {
        if (compressing.isDone()) {
          joined();
        }
        next = empty.poll(100, TimeUnit.MILLISECONDS);
      }
      next.length = 0;
      return next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while compressing a layer", e);
    }
  }

  private void pass(Block full) {
    tarHash.update(full.bytes, 0, full.length);
    tarSize += full.length;
    filled.add(full);
    block = null;
  }

  /** Ends the layer. The file holds all of it, not yet synced, and belongs to the caller. */
  public Layer finish() throws IOException {
    if (block != null) {
      pass(block);
    }
    end();
    var compressed = joined();
    closed = true;
    return new Layer(
        compression,
        compressed.digest(),
        compressed.size(),
        new DiffId(Digest.fromSha256(tarHash.digest())),
        tarSize);
  }

  private void end() {
    if (!ended) {
      ended = true;
      filled.add(Block.END);
    }
  }

  private DigestingOutputStream joined() throws IOException {
    try {
      return compressing.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      if (e.getCause() instanceof InterruptedException) {
        throw new IOException("interrupted while compressing a layer", e);
      }
      throw e;
    }
  }

  /** Gives up a layer that has not been finished, or could not be: the file is deleted. */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    end();
    compressing.exceptionally(alreadyBroken -> null).join();
    Files.deleteIfExists(file);
  }
}
