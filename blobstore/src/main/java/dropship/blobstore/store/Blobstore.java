package dropship.blobstore.store;

import dropship.blobstore.content.ByteRange;
import dropship.blobstore.content.Content;
import io.vertx.core.Future;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Keeps bytes under keys. Every implementation passes {@code BlobstoreContract}.
 *
 * <p>All methods may be called on an event loop and never block it. No method has a default, so a
 * wrapper that forgets to pass one on does not compile.
 */
public interface Blobstore {
  /** The most blobs that {@link #list} answers at once. */
  int PAGE = 1000;

  /**
   * Stores all of {@code content} or nothing: a blob is visible only when complete, and once this
   * has succeeded it survives a crash. A reader sees the old bytes or the new ones, never a
   * mixture. Fails with {@link PreconditionFailed} or {@link NoSpaceLeft}; also when a known length
   * turns out wrong.
   */
  Future<StoredBlob> put(BlobKey key, Content content, Condition condition);

  /**
   * Opens a blob, or the part of it in {@code range} (clipped to its size), for reading. Fails with
   * {@link BlobNotFound}. What has been opened stays readable when the blob is replaced or deleted.
   */
  Future<Content> open(BlobKey key, ByteRange range);

  /** Size and ETag. Absence is an answer here, not a failure. */
  Future<Optional<StoredBlob>> stat(BlobKey key);

  /**
   * At most {@link #PAGE} blobs below {@code prefix} (whole segments), in the order of their keys,
   * after {@code last}. Fewer than that are all there are.
   */
  Future<List<ListedBlob>> list(BlobKey prefix, Optional<BlobKey> last);

  /** Puts the bytes of one key under another as well, without moving them if the store can. */
  Future<StoredBlob> copy(BlobKey from, BlobKey to);

  /** Idempotent: deleting what is not there succeeds. */
  Future<Void> delete(BlobKey key);

  /**
   * Deletes several, in as few steps as the store can. One that cannot be deleted keeps none of the
   * others; which ones those were is said by the failure.
   */
  Future<Void> deleteAll(List<BlobKey> keys);

  /**
   * A URL that whoever has it can read the blob by, with GET and for as long as {@code validFor},
   * without coming through us; empty if the store has none to give. Whether the blob is there is
   * not looked at.
   */
  Future<Optional<URI>> url(BlobKey key, Duration validFor);

  /**
   * Gives back what puts have taken that began before {@code before} and will never be complete, as
   * their processes are no more.
   *
   * @return how many there were
   */
  Future<Integer> sweep(Instant before);
}
