package dropship.scheduler.image;

/**
 * What a Cloud Controller calls a droplet.
 *
 * @param hash SHA-1 of its file, in hex
 */
public record Droplet(String guid, String hash) {
  @Override
  public String toString() {
    return guid + "/" + hash;
  }
}
