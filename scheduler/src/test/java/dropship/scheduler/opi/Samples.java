package dropship.scheduler.opi;

import dropship.scheduler.lrp.Lrp;
import dropship.scheduler.lrp.ProcessGuid;
import io.vertx.core.buffer.Buffer;

/** LRPs to try things with. */
public final class Samples {
  private Samples() {}

  public static Lrp lrp(ProcessGuid id) {
    return DesireBody.read(
        id.toString(),
        Buffer.buffer(
            """
            {"droplet_guid":"droplet","droplet_hash":"hash","start_command":"./run","instances":1,
             "memory_mb":64,"ports":[8080],"health_check_type":"port","last_updated":"1529064800.9"}
            """));
  }
}
