package dropship.registry.image;

/**
 * No safe image can be made of a droplet. The message names the entry, where it is one, and the
 * reason.
 */
final class UnsuitableDroplet extends Exception {
  UnsuitableDroplet(String reason) {
    super(reason);
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
