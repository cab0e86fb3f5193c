package dropship.blobstore.store.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.content.Digest;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.memory.MemoryBlobstore;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens between two steps of others; each test says what comes late. */
class CachedFilesTest {
  private static final byte[] BYTES = "hello".getBytes(StandardCharsets.UTF_8);
  private static final String HEX = Digest.of(BYTES).hex();

  private final BlockingQueue<Runnable> deletions = new LinkedBlockingQueue<>();
  @TempDir private Path directory;
  private CachedFiles files;

  @BeforeEach
  void open() throws IOException {
    files = CachedFiles.open(directory, 100, deletions::add);
  }

  @AfterEach
  void close() throws IOException {
    files.close();
  }

  @Test
  void deletesNoFileThatHasComeBackMeanwhile() throws IOException {
    keep();
    files.drop(HEX);
    keep();

    runDeletions();

    assertThat(files.open(HEX, ByteRange.ALL)).hasValueSatisfying(Content::close);
    files.drop(HEX);
    runDeletions();
    assertThat(files.open(HEX, ByteRange.ALL)).isEmpty();
    assertThat(directory.resolve("sha256").resolve(HEX.substring(0, 2))).isEmptyDirectory();
  }

  @Test
  void isNotMistakenByADeletionThatIsStillToCome() throws IOException {
    keep();
    files.drop(HEX);

    assertThat(files.open(HEX, ByteRange.ALL)).isEmpty();
  }

  @Test
  void needsNoDownloadOfWhatHasBecomeWholeBetweenTwoLooks() throws Exception {
    var vertx = Vertx.vertx();
    try {
      var downloads =
          new Downloads(
              vertx, new MemoryBlobstore(vertx), files, deletions::add, 100, Duration.ZERO);
      var key = new BlobKey("sha256/" + HEX.substring(0, 2) + "/" + HEX);
      keep();

      assertThat(downloads.join(key)).isEmpty();

      files.drop(HEX);
      assertThat(downloads.join(key)).isPresent();
      assertThat(downloads.count()).isEqualTo(1);
    } finally {
      vertx.close().await(30, TimeUnit.SECONDS);
    }
  }

  private void keep() throws IOException {
    files.keep(HEX, Files.write(files.newPartial(), BYTES), BYTES.length);
  }

  private void runDeletions() {
    for (var next = deletions.poll(); next != null; next = deletions.poll()) {
      next.run();
    }
  }
}
