package dropship.blobstore.settings;

/**
 * Where a server listens, {@code 127.0.0.1:8080} or {@code [::1]:8080}. Port 0 means any that is
 * free.
 */
public record Address(String host, int port) {
  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
