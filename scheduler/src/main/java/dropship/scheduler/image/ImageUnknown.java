package dropship.scheduler.image;

import java.io.IOException;

/** The registry does not know the droplet or the root file system; it may, another time. */
public final class ImageUnknown extends IOException {
  public ImageUnknown(String message) {
    super(message);
  }
}
