package dropship.scheduler.image;

import java.io.IOException;

/** The registry cannot make an image of this droplet; the message is its reason. */
public final class DropletUnsuitable extends IOException {
  DropletUnsuitable(Droplet droplet, String reason) {
    super("there is no image of droplet %s: %s".formatted(droplet, reason));
  }
}
