package dropship.blobstore.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/**
 * A Range header that is not served: its bytes are not there (416), or it names several runs (400).
 */
public final class RangeRefused extends RuntimeException {
  private final int status;
  private final long size;

  private RangeRefused(int status, long size, String message) {
    super(message);
    this.status = status;
    this.size = size;
  }

  /** RFC 9110 section 15.5.17. */
  static RangeRefused notSatisfiable(String range, long size) {
    return new RangeRefused(
        416, size, "cannot serve the range '" + range + "' of " + size + " bytes");
  }

  /**
   * Clients that ask for several runs take 400 as a sign to ask for one; a 200 would cost them
   * everything.
   */
  static RangeRefused several(String range, long size) {
    return new RangeRefused(
        400, size, "the range '" + range + "' names several runs of bytes, expected one");
  }

  public int status() {
    return status;
  }

  /** Tells the client how much there is. */
  public void addTo(HttpServerResponse response) {
    if (status == 416) {
      response.putHeader(HttpHeaders.CONTENT_RANGE, "bytes */" + size);
    }
  }
}
