package dropship.blobstore.resource;

/** As many uploads as there may be are under way, and as many again wait. */
public final class TooManyUploads extends RuntimeException {
  TooManyUploads(int most) {
    super("%d uploads are under way and as many wait, which is the most".formatted(most));
  }
}
