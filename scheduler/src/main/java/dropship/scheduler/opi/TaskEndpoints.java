package dropship.scheduler.opi;

import dropship.scheduler.lrp.TaskUnknown;
import dropship.scheduler.lrp.Tasks;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.Optional;

/** What is asked about tasks. */
final class TaskEndpoints {
  private final Tasks tasks;

  TaskEndpoints(Tasks tasks) {
    this.tasks = tasks;
  }

  Answer desire(Request request) throws IOException {
    tasks.desire(TaskBody.read(request.param("guid"), request.body()));
    return Answer.of(202);
  }

  Answer list(Request request) throws IOException {
    var array = new JsonArray();
    tasks.list().forEach(guid -> array.add(json(guid)));
    return new Answer(200, Optional.of(array.toBuffer()));
  }

  Answer find(Request request) throws IOException {
    var guid = request.param("guid");
    if (!tasks.contains(guid)) {
      throw new TaskUnknown(guid);
    }
    return Answer.json(200, json(guid));
  }

  Answer cancel(Request request) throws IOException {
    tasks.cancel(request.param("guid"));
    return Answer.of(204);
  }

  Answer refused(Request request, int status, String reason) {
    return Answer.message(Math.min(status, 500), reason);
  }

  private static JsonObject json(String guid) {
    return new JsonObject().put("guid", guid);
  }
}
