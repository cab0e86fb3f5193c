package dropship.scheduler.opi;

import dropship.scheduler.lrp.DesiredLrp;
import dropship.scheduler.lrp.Lrps;
import java.io.IOException;
import java.util.Optional;

/** What is asked about apps: of each question its answer, and how it is refused. */
final class LrpEndpoints {
  private final Lrps lrps;

  LrpEndpoints(Lrps lrps) {
    this.lrps = lrps;
  }

  /** A list that looked whole and were not would have Cloud Controller stop or start apps. */
  Answer list(Request request) throws IOException {
    return new Answer(200, Optional.of(LrpJson.list(lrps.list())));
  }

  /** Without JSON, which ends Cloud Controller's synchronization and harms nobody. */
  Answer listRefused(Request request, int status, String reason) {
    return Answer.of(500);
  }

  Answer desire(Request request) throws IOException {
    lrps.desire(DesireBody.read(request.param("process_guid"), request.body()));
    return Answer.of(202);
  }

  Answer desireRefused(Request request, int status, String reason) {
    return status < 500 ? Answer.of(status) : Answer.error(status, reason);
  }

  Answer update(Request request) throws IOException {
    var body = UpdateBody.read(request.param("process_guid"), request.body());
    lrps.update(body.id(), body.update());
    return Answer.of(200);
  }

  Answer updateRefused(Request request, int status, String reason) {
    return Answer.error(status == 404 ? 500 : inTable(status), reason);
  }

  Answer find(Request request) throws IOException {
    var id = Identity.in(request);
    var lrp = id.isPresent() ? lrps.find(id.get()) : Optional.<DesiredLrp>empty();
    return lrp.map(found -> Answer.json(200, LrpJson.desired(found)))
        .orElseGet(() -> Answer.error(404, "not found"));
  }

  Answer refused(Request request, int status, String reason) {
    return Answer.error(inTable(status), reason);
  }

  Answer instances(Request request) throws IOException {
    var id = Identity.in(request);
    if (id.isEmpty()) {
      return instancesRefused(request, 404, "nobody's name");
    }
    return Answer.json(200, LrpJson.instances(id.get().toString(), lrps.instances(id.get())));
  }

  /** Of an app that has been stopped Cloud Controller must read these very words. */
  Answer instancesRefused(Request request, int status, String reason) {
    var error =
        "failed to get instances for app: " + (status == 404 ? "not found" : "not known now");
    return Answer.json(inTable(status), LrpJson.noInstances(processGuid(request), error));
  }

  private static String processGuid(Request request) {
    return request.param("guid") + "-" + request.param("version");
  }

  Answer stop(Request request) throws IOException {
    var id = Identity.in(request);
    if (id.isPresent()) {
      lrps.stop(id.get());
    }
    return Answer.of(200);
  }

  Answer stopInstance(Request request) throws IOException {
    int index = indexIn(request);
    var id = Identity.in(request);
    if (id.isPresent()) {
      lrps.stopInstance(id.get(), index);
    }
    return Answer.of(200);
  }

  private static int indexIn(Request request) {
    var index = request.param("index");
    if (!index.matches("\\d{1,9}")) {
      throw new InvalidBody("the index", "expected a whole number");
    }
    return Integer.parseInt(index);
  }

  /** Most of the table knows but one failure of ours. */
  private static int inTable(int status) {
    return Math.min(status, 500);
  }
}
