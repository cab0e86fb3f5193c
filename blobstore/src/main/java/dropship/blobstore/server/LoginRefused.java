package dropship.blobstore.server;

/** A request whose sender may not do what it asks for, or has yet to say who that is. */
public final class LoginRefused extends RuntimeException {
  private final int status;

  LoginRefused(int status, String reason) {
    super(reason);
    this.status = status;
  }

  /** 401 without right credentials, 403 for users who may not, 429 after too many failures. */
  public int status() {
    return status;
  }
}
