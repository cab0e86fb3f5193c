package dropship.registry.oci;

/** A request that is answered with an {@link OciError} and a message for people. */
public final class OciFailure extends RuntimeException {
  private final OciError error;

  OciFailure(OciError error, String message) {
    super(message);
    this.error = error;
  }

  public OciError error() {
    return error;
  }

  public String message() {
    return String.valueOf(getMessage());
  }
}
