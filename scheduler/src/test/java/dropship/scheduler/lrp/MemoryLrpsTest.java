package dropship.scheduler.lrp;

import java.time.Clock;

class MemoryLrpsTest extends LrpsContract {
  private final MemoryLrps lrps = new MemoryLrps(Clock.systemUTC());

  @Override
  protected Lrps lrps() {
    return lrps;
  }
}
