package dropship.blobstore.resource;

/** An upload is refused for now: as many as can be taken at once are under way. */
public final class TooManyUploads extends RuntimeException {
  TooManyUploads(int most) {
    super(most + " uploads are under way, which is as many as are taken at once; try again");
  }
}
