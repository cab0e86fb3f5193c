package dropship.blobstore.server;

import dropship.blobstore.settings.Settings;
import java.time.Duration;

/**
 * How a server ends.
 *
 * @param delay between saying that it is not ready and taking no more connections
 * @param grace what has been accepted may take so long
 */
public record Shutdown(Duration delay, Duration grace) {
  /** Reads {@code shutdown}. */
  public static Shutdown from(Settings settings) {
    var shutdown = settings.section("shutdown");
    return new Shutdown(
        shutdown
            .about("how long it still takes connections after /readyz has said no")
            .duration("delay", Duration.ZERO),
        shutdown
            .about("how long what was accepted may take to end")
            .duration("grace", Duration.ofMinutes(1)));
  }
}
