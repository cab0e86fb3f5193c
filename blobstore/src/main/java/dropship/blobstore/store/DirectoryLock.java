package dropship.blobstore.store;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;

/** One process at a time owns a directory: until it closes this, or is no more. */
public final class DirectoryLock implements AutoCloseable {
  private final FileChannel file;

  private DirectoryLock(FileChannel file) {
    this.file = file;
  }

  /** Takes {@code directory}, which whoever has {@code file} locked owns; fails if another does. */
  public static DirectoryLock take(Path directory, Path file) throws IOException {
    var channel = FileChannel.open(file, CREATE, READ, WRITE);
    try {
      if (channel.tryLock() != null) {
        return new DirectoryLock(channel);
      }
    } catch (OverlappingFileLockException lockedByThisProcess) {
      // Said below, in the same words as when another process has it.
    }
    channel.close();
    throw new IOException(
        "opening the store in "
            + directory
            + ": another server uses it; expected to be the only one");
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
