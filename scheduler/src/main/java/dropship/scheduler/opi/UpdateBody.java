package dropship.scheduler.opi;

import dropship.scheduler.lrp.LrpUpdate;
import dropship.scheduler.lrp.ProcessGuid;
import io.vertx.core.buffer.Buffer;

/** The body of {@code POST /apps/<process guid>}. */
record UpdateBody(ProcessGuid id, LrpUpdate update) {
  static UpdateBody read(String processGuid, Buffer body) {
    var fields = Fields.parse(body);
    if (!fields.has("update")) {
      throw fields.invalid("update", "expected an object"); // else nothing said would mean: none
    }
    var update = fields.object("update");
    return new UpdateBody(
        Identity.in(fields, processGuid),
        new LrpUpdate(
            update.count("instances", DesireBody.MOST_INSTANCES),
            RouteFields.in(update),
            update.text("annotation")));
  }
}
