package dropship.blobstore.content;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/** Hashes (SHA-256) and counts the bytes that flow through. */
public final class DigestingOutputStream extends FilterOutputStream {
  private final MessageDigest hash = Digest.sha256();
  private long size;

  public DigestingOutputStream(OutputStream to) {
    super(to);
  }

  @Override
  public void write(int value) throws IOException {
    out.write(value);
    hash.update((byte) value);
    size++;
  }

  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    out.write(from, offset, length);
    hash.update(from, offset, length);
    size += length;
  }

  /** The digest of everything written. Ends the hashing: ask once, when all has been written. */
  public Digest digest() {
    return Digest.fromSha256(hash.digest());
  }

  /** How many bytes have been written. */
  public long size() {
    return size;
  }
}
