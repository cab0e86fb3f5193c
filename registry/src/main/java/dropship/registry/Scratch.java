package dropship.registry;

import dropship.blobstore.store.DirectoryLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;

/**
 * Room for files that are needed for a moment, where the store itself has none. What a process
 * leaves behind that was killed is gone when the next one opens the same folder.
 */
final class Scratch implements AutoCloseable {
  private final Path files;
  private final Optional<DirectoryLock> lock;

  private Scratch(Path files, Optional<DirectoryLock> lock) {
    this.files = files;
    this.lock = lock;
  }

  /** Opens {@code folder}, or one that is new and goes with this process. */
  static Scratch open(Optional<Path> folder) throws IOException {
    if (folder.isEmpty()) {
      return new Scratch(Files.createTempDirectory("dropship-"), Optional.empty());
    }
    Files.createDirectories(folder.get());
    var lock = DirectoryLock.take(folder.get(), folder.get().resolve("lock"));
    var files = folder.get().resolve("partial");
    delete(files);
    Files.createDirectory(files);
    return new Scratch(files, Optional.of(lock));
  }

  Path folder() {
    return files;
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (var all = Files.walk(folder)) {
      for (var each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @Override
  public void close() throws IOException {
    delete(files);
    if (lock.isPresent()) {
      lock.get().close();
    }
  }
}
