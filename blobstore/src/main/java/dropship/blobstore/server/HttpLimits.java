package dropship.blobstore.server;

import dropship.blobstore.settings.Settings;
import java.time.Duration;

/**
 * How much of a request is read before anybody is asked, and how long clients may take.
 *
 * @param requestLine bytes
 * @param headers bytes, of all of them together
 * @param headTimeout until a new connection has sent the head of its first request
 * @param keepAliveTimeout until a connection without a request is closed
 * @param idleTimeout until a connection on which nothing moves is closed, whatever it is doing
 */
public record HttpLimits(
    int requestLine,
    int headers,
    Duration headTimeout,
    Duration keepAliveTimeout,
    Duration idleTimeout) {
  private static final int KIB = 1024;
  private static final int MOST = 1 << 20;

  /** Reads its keys among those of {@code limits}. */
  public static HttpLimits from(Settings limits) {
    return new HttpLimits(
        bytes(limits.about("how long the first line of a request may be"), "requestLine", 8 * KIB),
        bytes(limits.about("how long all its headers may be together"), "headers", 16 * KIB),
        limits
            .about("how long a new connection may take to send the head of a request")
            .duration("headTimeout", Duration.ofSeconds(30)),
        limits
            .about("how long a connection is kept that waits for its next request")
            .duration("keepAliveTimeout", Duration.ofMinutes(2)),
        limits
            .about(
                "how long nothing may move on a connection in the middle of a request or an answer")
            .duration("idleTimeout", Duration.ofMinutes(10)));
  }

  private static int bytes(Settings limits, String key, long absent) {
    return Math.clamp(limits.size(key, absent), KIB, MOST);
  }
}
