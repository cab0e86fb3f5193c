package dropship.scheduler.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.HttpURLConnection;

/** What has been asked of Kubernetes could not be done, and may be another time. */
public final class KubernetesFailure extends IOException {
  private KubernetesFailure(String attempt, KubernetesClientException cause) {
    super(attempt + ": " + reason(cause), cause);
  }

  /** The client says which call has failed; that nobody answers is said further inside. */
  private static String reason(KubernetesClientException failure) {
    var message = String.valueOf(failure.getMessage());
    return failure.getCause() == null
        ? message
        : message + " (" + innermost(failure.getCause()) + ")";
  }

  private static Throwable innermost(Throwable failure) {
    return failure.getCause() == null ? failure : innermost(failure.getCause());
  }

  /**
   * A failure that says what was attempted.
   *
   * @param attempt what was to be done, for people
   */
  public static KubernetesFailure of(String attempt, KubernetesClientException cause) {
    return new KubernetesFailure(attempt, cause);
  }

  /** Whether something that was needed is not there. */
  boolean isNotFound() {
    return getCause() instanceof KubernetesClientException cause && isNotFound(cause);
  }

  /** Whether what was asked for is not there. */
  public static boolean isNotFound(KubernetesClientException failure) {
    return failure.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
  }

  /** Whether somebody else was faster. */
  public static boolean isConflict(KubernetesClientException failure) {
    return failure.getCode() == HttpURLConnection.HTTP_CONFLICT;
  }

  /**
   * Whether what was to be made is there already. Other conflicts, those over a quota say, have the
   * same code, and nothing has been made.
   */
  static boolean isAlreadyThere(KubernetesClientException failure) {
    return isConflict(failure)
        && failure.getStatus() != null
        && "AlreadyExists".equals(failure.getStatus().getReason());
  }

  /** Whether it will be so another time, too, unless somebody changes something. */
  static boolean isRefusal(KubernetesClientException failure) {
    return switch (failure.getCode()) {
      case HttpURLConnection.HTTP_BAD_REQUEST, HttpURLConnection.HTTP_FORBIDDEN, 422 -> true;
      default -> false;
    };
  }

  static boolean isForbidden(KubernetesClientException failure) {
    return failure.getCode() == HttpURLConnection.HTTP_FORBIDDEN;
  }
}
