package dropship.blobstore.http;

/** A Range asked for bytes that are not there: status 416 (RFC 9110 section 15.5.17). */
public final class RangeNotSatisfiable extends RuntimeException {
  private final long size;

  RangeNotSatisfiable(String range, long size) {
    super("cannot serve the range '" + range + "' of " + size + " bytes");
    this.size = size;
  }

  /** What belongs into {@code Content-Range} of the answer: the size there is. */
  public String contentRange() {
    return "bytes */" + size;
  }
}
