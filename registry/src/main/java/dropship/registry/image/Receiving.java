package dropship.registry.image;

import dropship.blobstore.content.Digest;
import dropship.blobstore.resource.Receipt;
import dropship.rootfs.layer.Relay;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.Executor;

/**
 * The bytes of a droplet on their way to whoever converts them. They are counted, and hashed on
 * another thread. Whoever has read of them is to work on it in {@link Turns turn}.
 */
final class Receiving extends FilterInputStream {
  private static final int BUFFER = 64 * 1024;

  private final MessageDigest sha1 = Digest.sha1();
  private final MessageDigest sha256 = Digest.sha256();
  private final Relay relay;
  private final Turns.Turn turn;
  private long size;

  private final class Hashing extends OutputStream {
    @Override
    public void write(int value) {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) {
      sha1.update(from, offset, length);
      sha256.update(from, offset, length);
    }
  }

  /** Bytes are read in turn with others; they are hashed on one of {@code executor}'s threads. */
  Receiving(InputStream arriving, Turns turns, Executor executor) {
    super(arriving);
    this.turn = turns.newTurn();
    this.relay = new Relay(executor, new Hashing());
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (in.available() == 0) {
      turn.end(); // a client that is slow keeps nobody waiting
    }
    int read = in.read(into, offset, length);
    turn.goOn();
    if (read > 0) {
      relay.write(into, offset, read);
      size += read;
    }
    return read;
  }

  @Override
  public long skip(long count) throws IOException {
    throw new UnsupportedOperationException("all of a droplet is hashed");
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  /** Reads what is left; then says what all of it was. Fails if the transfer did. */
  Receipt finish() throws IOException {
    var rest = new byte[BUFFER];
    for (int read = read(rest, 0, BUFFER); read >= 0; read = read(rest, 0, BUFFER)) {
      // Only to be hashed and counted.
    }
    relay.close();
    var hex = HexFormat.of();
    return new Receipt(size, hex.formatHex(sha1.digest()), hex.formatHex(sha256.digest()));
  }

  @Override
  public void close() throws IOException {
    turn.end();
    try (relay) {
      super.close();
    }
  }
}
