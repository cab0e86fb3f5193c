package dropship.blobstore.content;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;

/**
 * A stream whose rest need not be read: {@link #close} stops where it comes from. What arrives from
 * a client must be read instead, or its connection is of no more use.
 */
public interface CloseableStream extends ReadStream<Buffer> {
  /** Nothing more is delivered. Safe to call more than once, on the stream's context. */
  void close();
}
