package dropship.blobstore.content;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;

/**
 * Bytes that can be read once, from wherever they are. The three kinds are told apart because some
 * can be sent better than byte by byte: a region of a file goes to a plain socket without being
 * copied.
 *
 * <p>Whoever is handed a Content must read it to its end or {@link #close} it.
 */
public sealed interface Content {
  /** The number of bytes, if it is known before they have been read. */
  OptionalLong length();

  /**
   * The bytes as a stream, flowing on the current context as soon as it has a handler. Reading to
   * the end, or to a failure, closes this content.
   */
  ReadStream<Buffer> stream(Vertx vertx);

  /**
   * The bytes as a blocking stream, for a worker thread; closing it closes this content. The
   * context it is asked for on serves it, so that must not be the thread that reads, unless it is a
   * worker's.
   */
  InputStream input(Vertx vertx);

  /** Gives back what reading would have used. Safe to call more than once. */
  void close();

  /** All bytes at once; fails when there are more than {@code limit}. */
  default Future<Buffer> toBuffer(Vertx vertx, int limit) {
    var collected = Buffer.buffer();
    var result = Promise.<Buffer>promise();
    var stream = stream(vertx);
    stream.exceptionHandler(result::tryFail);
    stream.endHandler(end -> result.tryComplete(collected));
    stream.handler(chunk -> {
      if (collected.length() + chunk.length() <= limit) {
        collected.appendBuffer(chunk);
      } else {
        result.tryFail(new IOException("more than the expected " + limit + " bytes"));
      }
    });
    stream.resume();
    return result.future();
  }

  static Content of(Buffer bytes) {
    return new InMemory(bytes);
  }

  /** The part of {@code bytes} that {@code range} covers. */
  static Content of(Buffer bytes, ByteRange range) {
    var part = range.within(bytes.length());
    return new InMemory(bytes.slice((int) part.offset(), (int) (part.offset() + part.length())));
  }

  static Content of(String text) {
    return new InMemory(Buffer.buffer(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** A stream that is paused, or has not begun to flow. */
  static Content of(ReadStream<Buffer> stream, OptionalLong length) {
    return new Streamed(stream, length);
  }

  /**
   * Opens the part of a file that {@code range} covers. Blocks: call it from a worker. What has
   * been opened stays readable when the file is replaced or deleted.
   */
  static InFile ofFile(Path path, ByteRange range) throws IOException {
    var channel = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return new InFile(path, channel, range.within(channel.size()));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Bytes that are in memory already. */
  record InMemory(Buffer bytes) implements Content {
    @Override
    public OptionalLong length() {
      return OptionalLong.of(bytes.length());
    }

    @Override
    public ReadStream<Buffer> stream(Vertx vertx) {
      return new InputReadStream(vertx, input(vertx));
    }

    @Override
    public InputStream input(Vertx vertx) {
      return new ByteArrayInputStream(bytes.getBytes());
    }

    @Override
    public void close() {}
  }

  /** A region of an open file. */
  record InFile(Path path, FileChannel channel, ByteRange region) implements Content {
    @Override
    public OptionalLong length() {
      return OptionalLong.of(region.length());
    }

    @Override
    public ReadStream<Buffer> stream(Vertx vertx) {
      return new InputReadStream(vertx, input(vertx));
    }

    @Override
    public InputStream input(Vertx vertx) {
      return new FileRegionInput(channel, region);
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException closedAnyway) {
        // Nothing was written through this channel, so nothing can be lost.
      }
    }
  }

  /** Bytes that arrive from elsewhere: a request's body, another store. */
  record Streamed(ReadStream<Buffer> bytes, OptionalLong length) implements Content {
    private static final int CONDUIT = 1024 * 1024;

    @Override
    public ReadStream<Buffer> stream(Vertx vertx) {
      return bytes;
    }

    @Override
    public InputStream input(Vertx vertx) {
      var context = vertx.getOrCreateContext();
      var conduit = new Conduit(context, CONDUIT);
      conduit.fillFrom(bytes);
      return new FilterInputStream(conduit.input()) {
        @Override
        public void close() throws IOException {
          super.close();
          if (bytes instanceof CloseableStream closeable) {
            context.runOnContext(now -> closeable.close());
          }
        }
      };
    }

    /**
     * Stops what brings the rest, if that can be stopped; else lets it arrive and drops it, so that
     * the sender's connection stays in order.
     */
    @Override
    public void close() {
      if (bytes instanceof CloseableStream closeable) {
        closeable.close();
      } else {
        bytes.exceptionHandler(null).endHandler(null).handler(ignored -> {}).resume();
      }
    }
  }
}
