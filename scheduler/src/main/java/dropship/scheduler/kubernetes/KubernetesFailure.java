package dropship.scheduler.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.HttpURLConnection;

/** What has been asked of Kubernetes could not be done, and may be another time. */
public final class KubernetesFailure extends IOException {
  private KubernetesFailure(String attempt, KubernetesClientException cause) {
    super(attempt + ": " + cause.getMessage(), cause);
  }

  /**
   * @param attempt what was to be done, for people
   */
  static KubernetesFailure of(String attempt, KubernetesClientException cause) {
    return new KubernetesFailure(attempt, cause);
  }

  /** Whether what was asked for is not there. */
  static boolean isNotFound(KubernetesClientException failure) {
    return failure.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
  }

  /** Whether what was to be made is there already. */
  static boolean isConflict(KubernetesClientException failure) {
    return failure.getCode() == HttpURLConnection.HTTP_CONFLICT;
  }

  static boolean isForbidden(KubernetesClientException failure) {
    return failure.getCode() == HttpURLConnection.HTTP_FORBIDDEN;
  }
}
