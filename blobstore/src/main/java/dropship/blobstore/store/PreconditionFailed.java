package dropship.blobstore.store;

import io.vertx.core.Future;
import java.io.IOException;
import java.util.function.Function;
import java.util.function.Supplier;

/** A put was not carried out because its {@link Condition} did not hold; nothing has changed. */
public final class PreconditionFailed extends IOException {
  public PreconditionFailed(BlobKey key, Condition condition) {
    super("did not store '" + key + "': the condition " + condition + " does not hold");
  }

  /** For {@code Future.recover}: {@code next} after this failure; any other stays what it is. */
  public static <T> Function<Throwable, Future<T>> then(Supplier<Future<T>> next) {
    return failure ->
        failure instanceof PreconditionFailed ? next.get() : Future.failedFuture(failure);
  }
}
