package dropship.registry.oci;

/**
 * The error codes of the distribution specification ("Error Codes"), each with the status we send
 * it with.
 */
public enum OciError {
  BLOB_UNKNOWN(404),
  DENIED(403),
  DIGEST_INVALID(400),
  MANIFEST_UNKNOWN(404),
  NAME_INVALID(400),
  NAME_UNKNOWN(404),
  /** Not of the specification, but what the reference registry says. */
  PAGINATION_NUMBER_INVALID(400),
  SIZE_INVALID(400),
  TOOMANYREQUESTS(429),
  UNAUTHORIZED(401),
  /**
   * Not of the specification, but what other registries say when the fault is theirs and passes.
   */
  UNAVAILABLE(503),
  UNSUPPORTED(405);

  private final int status;

  OciError(int status) {
    this.status = status;
  }

  public int status() {
    return status;
  }

  /**
   * What went wrong, in this request's words: for {@code throw} and {@code Future.failedFuture}.
   */
  public OciFailure because(String message) {
    return new OciFailure(this, message);
  }
}
