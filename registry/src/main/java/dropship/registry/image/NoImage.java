package dropship.registry.image;

/** A droplet is there, but no image can be made of it. */
public final class NoImage extends RuntimeException {
  NoImage(String reason) {
    super(reason);
  }
}
