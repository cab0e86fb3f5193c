package dropship.blobstore.store.s3;

import dropship.blobstore.store.NoSpaceLeft;
import dropship.blobstore.store.StoreUnavailable;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * What went wrong, in our words: what was attempted, and S3's status and code. S3's own message is
 * left out, as some servers repeat the signature they refuse in it.
 */
final class Failures {
  /** Codes of a full store; there is no common one. */
  private static final Set<String> FULL =
      Set.of(
          "InsufficientStorage",
          "QuotaExceeded",
          "XMinioStorageFull",
          "XMinioAdminBucketQuotaExceeded");

  private static final Set<Integer> FOR_NOW = Set.of(408, 409, 429);

  private Failures() {}

  static Throwable of(String attempt, Throwable failure) {
    var cause = unwrapped(failure);
    return switch (cause) {
      case S3Exception refused -> refusal(attempt, refused);
      case SdkClientException noAnswer ->
          new StoreUnavailable(attempt + ": " + reasonsOf(noAnswer), noAnswer);
      case StoreUnavailable said -> said;
      case IOException broken -> new StoreUnavailable(attempt + ": " + reasonOf(broken), broken);
      case TimeoutException late -> new StoreUnavailable(attempt + ": " + reasonOf(late), late);
      default -> cause;
    };
  }

  private static IOException refusal(String attempt, S3Exception refused) {
    int status = refused.statusCode();
    var code = codeOf(refused);
    if (status == 507 || FULL.contains(code)) {
      return new NoSpaceLeft(attempt, refused);
    }
    var message = "%s: %d %s".formatted(attempt, status, code).stripTrailing();
    var withId =
        refused.requestId() == null ? message : message + " (request " + refused.requestId() + ")";
    return status >= 500 || FOR_NOW.contains(status)
        ? new StoreUnavailable(withId, refused)
        : new IOException(withId, refused);
  }

  /**
   * Why there was no answer. Now and then the SDK waits in vain for a connection that was refused
   * at once; what the attempts before that one met says more.
   */
  private static String reasonsOf(SdkClientException noAnswer) {
    var reason = innermost(noAnswer);
    return Stream.of(noAnswer.getSuppressed())
        .filter(before -> reason instanceof TimeoutException)
        .map(Throwable::getMessage)
        .filter(before -> before != null && !before.contains("Acquire operation"))
        .findFirst()
        .map(before -> textOf(reason) + " (" + before + ")")
        .orElseGet(() -> textOf(reason));
  }

  /** The innermost reason: what is around it only says that a request could not be sent. */
  private static Throwable innermost(Throwable failure) {
    var reason = failure;
    for (var cause = failure; cause != null; cause = cause.getCause()) {
      reason = cause;
    }
    return reason;
  }

  private static String reasonOf(Throwable failure) {
    return textOf(innermost(failure));
  }

  private static String textOf(Throwable reason) {
    var message = reason.getMessage();
    return message == null ? reason.getClass().getSimpleName() : message;
  }

  /** The status of the answer; 0 if there was none. */
  static int status(Throwable failure) {
    return unwrapped(failure) instanceof S3Exception refused ? refused.statusCode() : 0;
  }

  /** The code in the answer; "" if there was none. */
  static String code(Throwable failure) {
    return unwrapped(failure) instanceof S3Exception refused ? codeOf(refused) : "";
  }

  private static String codeOf(S3Exception refused) {
    var details = refused.awsErrorDetails();
    return details == null || details.errorCode() == null ? "" : details.errorCode();
  }

  private static Throwable unwrapped(Throwable failure) {
    var cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
