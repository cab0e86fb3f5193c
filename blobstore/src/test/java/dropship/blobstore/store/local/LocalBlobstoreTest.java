package dropship.blobstore.store.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.BlobstoreContract;
import dropship.blobstore.store.Condition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalBlobstoreTest extends BlobstoreContract {
  private static final BlobKey KEY = new BlobKey("cc-droplets/ab/cd/abcd");

  @TempDir private Path root;
  private LocalBlobstore local;

  @Override
  protected Blobstore newStore() throws IOException {
    local = LocalBlobstore.open(vertx, root);
    return local;
  }

  @AfterEach
  void close() throws IOException {
    local.close();
  }

  @Test
  void laysBlobsOutAsTheCloudControllerDoes() throws IOException {
    await(store.put(KEY, Content.of("hello"), Condition.ALWAYS));

    assertThat(root.resolve("cc-droplets/ab/cd/abcd")).hasContent("hello");
  }

  @Test
  void leavesNothingBehindWhenItRefuses() throws IOException {
    await(store.put(KEY, Content.of("hello"), Condition.ALWAYS));

    assertThatThrownBy(() -> await(store.put(KEY, Content.of("again"), Condition.IF_ABSENT)));

    assertThat(filesIn(local.scratch())).isZero();
  }

  @Test
  void sweepsWhatACrashHasLeft() throws IOException {
    Files.writeString(local.scratch().resolve("half a blob"), "hal");
    local.close();

    local = LocalBlobstore.open(vertx, root);

    assertThat(filesIn(local.scratch())).isZero();
  }

  @Test
  void isUsedByOneServerAtATime() throws IOException {
    assertThatThrownBy(() -> LocalBlobstore.open(vertx, root))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("another server uses it");

    local.close();
    local = LocalBlobstore.open(vertx, root);
  }

  @Test
  void keepsItsOwnFilesOutOfReach() {
    for (var key : new String[] {".dropship", ".dropship/lock", ".dropship/partial/x"}) {
      assertThatThrownBy(
              () -> await(store.put(new BlobKey(key), Content.of("x"), Condition.ALWAYS)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void followsNoLinkThatSomebodyPutThere() throws IOException {
    var outside = Files.writeString(root.resolveSibling("outside-" + root.getFileName()), "secret");
    Files.createDirectories(root.resolve("a"));
    Files.createSymbolicLink(root.resolve("a/link"), outside);
    try {
      assertThat(await(store.stat(new BlobKey("a/link")))).isEmpty();
      assertThatThrownBy(() -> await(store.open(new BlobKey("a/link"), ByteRange.ALL)))
          .hasMessageContaining("a/link");
    } finally {
      Files.delete(outside);
    }
  }

  private static long filesIn(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.count();
    }
  }
}
