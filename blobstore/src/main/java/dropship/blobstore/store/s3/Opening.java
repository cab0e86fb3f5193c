package dropship.blobstore.store.s3;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * Hands a download over once its head is here. A connection that breaks afterwards is told to the
 * call and not to the body's reader, so it is passed on to the download here.
 */
final class Opening implements AsyncResponseTransformer<GetObjectResponse, Opening.Opened> {
  /** A download, and what S3 says of it. */
  record Opened(GetObjectResponse head, S3Download download) {}

  private final LongFunction<S3Download> begin;

  // One attempt follows another, on threads of the SDK.
  private volatile CompletableFuture<Opened> result = new CompletableFuture<>();
  private volatile @Nullable GetObjectResponse head;
  private volatile @Nullable S3Download begun;

  /**
   * Prepares for one call.
   *
   * @param begin makes a download of so many bytes
   */
  Opening(LongFunction<S3Download> begin) {
    this.begin = begin;
  }

  @Override
  public CompletableFuture<Opened> prepare() {
    result = new CompletableFuture<>();
    return result;
  }

  @Override
  public void onResponse(GetObjectResponse response) {
    head = response;
  }

  @Override
  public void onStream(SdkPublisher<ByteBuffer> body) {
    var response = Objects.requireNonNull(head, "a body without a head");
    var download = begin.apply(response.contentLength());
    if (begun != null) {
      download.close(); // a second answer is of no use to who reads the first
      body.subscribe(download);
      return;
    }
    begun = download;
    body.subscribe(download);
    result.complete(new Opened(response, download));
  }

  @Override
  public void exceptionOccurred(Throwable failure) {
    var download = begun;
    if (download != null) {
      download.onError(failure);
    }
    result.completeExceptionally(failure);
  }
}
