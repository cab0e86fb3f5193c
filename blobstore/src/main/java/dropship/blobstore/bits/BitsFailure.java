package dropship.blobstore.bits;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * A refusal in the words of the bits-service API: a status, and a JSON body with a description and
 * a code the Cloud Controller knows (bits-service, "Rules common to all"). Some have no body.
 */
final class BitsFailure extends RuntimeException {
  private static final int BAD_REQUEST = 290003;
  private static final int NO_SPACE = 500000;

  private final int status;
  private final @Nullable JsonObject body;

  private BitsFailure(int status, String description, @Nullable JsonObject body) {
    super(description);
    this.status = status;
    this.body = body;
  }

  static BitsFailure badRequest(String description) {
    return new BitsFailure(400, description, json(description, BAD_REQUEST));
  }

  /** The upload broke off inside: 400 without a body, as the Cloud Controller's client knows it. */
  static BitsFailure truncated(String description) {
    return new BitsFailure(400, description, null);
  }

  static BitsFailure notFound(String description) {
    return new BitsFailure(404, description, null);
  }

  static BitsFailure tooLarge(String description) {
    return new BitsFailure(413, description, null);
  }

  static BitsFailure noSpaceLeft(String description) {
    return new BitsFailure(507, description, json(description, NO_SPACE));
  }

  private static JsonObject json(String description, int code) {
    return new JsonObject().put("description", description).put("code", code);
  }

  int status() {
    return status;
  }

  @Nullable JsonObject body() {
    return body;
  }
}
