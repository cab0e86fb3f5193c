package dropship.scheduler.lrp;

import java.util.List;
import java.util.Optional;

/** What is run, in Cloud Foundry's word for it. */
public sealed interface Lifecycle {
  /**
   * A droplet on a root file system.
   *
   * @param dropletHash SHA-1 of the droplet's file, in hex
   * @param startCommand shell text; empty = the droplet knows
   */
  record Buildpack(String dropletGuid, String dropletHash, String startCommand)
      implements Lifecycle {}

  /**
   * An image of somebody else's.
   *
   * @param command empty = the image knows
   */
  record Docker(String image, List<String> command, Optional<Login> login) implements Lifecycle {
    public Docker {
      command = List.copyOf(command);
    }
  }

  /** How to get a private image. */
  record Login(String user, String password) {
    @Override
    public String toString() {
      return user + ":***";
    }
  }
}
