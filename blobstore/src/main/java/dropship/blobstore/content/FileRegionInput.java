package dropship.blobstore.content;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Reads a region of a file by position; closes the file when closed. Fails if the file is shorter
 * than the region.
 */
final class FileRegionInput extends InputStream {
  private final FileChannel channel;
  private final long end;
  private long position;

  FileRegionInput(FileChannel channel, ByteRange region) {
    this.channel = channel;
    this.position = region.offset();
    this.end = region.offset() + region.length();
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (position == end) {
      return -1;
    }
    int wanted = (int) Math.min(length, end - position);
    int read = channel.read(ByteBuffer.wrap(into, offset, wanted), position);
    if (read < 0) {
      throw new IOException("the file ends at " + position + ", expected " + end + " bytes");
    }
    position += read;
    return read;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
