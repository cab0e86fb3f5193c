package dropship.scheduler.opi;

import dropship.scheduler.lrp.ProcessGuid;
import java.util.Optional;

/** Which LRP a request is about. */
final class Identity {
  private Identity() {}

  /** The body knows; if it does not say, the path does, which has both parts in one. */
  static ProcessGuid in(Fields body, String path) {
    return body.has("guid") && body.has("version")
        ? new ProcessGuid(body.text("guid"), body.text("version"))
        : ProcessGuid.of(path);
  }

  /** Empty for what can be the name of no LRP. */
  static Optional<ProcessGuid> in(Request request) {
    try {
      return Optional.of(new ProcessGuid(request.param("guid"), request.param("version")));
    } catch (IllegalArgumentException nobodys) {
      return Optional.empty();
    }
  }
}
