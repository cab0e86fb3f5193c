package dropship.blobstore.resource;

/** As many uploads, or conversions, as there may be are under way, and as many as may wait do. */
public final class TooManyUploads extends RuntimeException {
  TooManyUploads(int most, int longestLine) {
    super("%d are under way and %d wait, which is the most".formatted(most, longestLine));
  }
}
