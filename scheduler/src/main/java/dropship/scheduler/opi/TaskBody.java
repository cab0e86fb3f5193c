package dropship.scheduler.opi;

import dropship.scheduler.lrp.Task;
import io.vertx.core.buffer.Buffer;
import java.net.URI;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The body of {@code POST /tasks/<guid>}. */
final class TaskBody {
  /** What may be the value of a label in Kubernetes. */
  private static final Pattern GUID =
      Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?");

  private TaskBody() {}

  /**
   * @param guid as the path has it; bodies have none
   */
  static Task read(String guid, Buffer body) {
    if (!GUID.matcher(guid).matches()) {
      throw new InvalidBody("the task's guid", "expected 1 to 63 of A-Z a-z 0-9 - _ .");
    }
    var fields = Fields.parse(body);
    var environment = new TreeMap<String, String>();
    for (var each : fields.objects("environment", variable -> variable)) {
      environment.put(each.text("name"), each.text("value"));
    }
    return new Task(
        guid,
        fields.text("name"),
        AppFields.ofTask(fields),
        LifecycleFields.in(fields),
        environment,
        callbackIn(fields));
  }

  private static String callbackIn(Fields fields) {
    var callback = fields.text("completion_callback");
    try {
      var url = URI.create(callback);
      if (url.getHost() != null && String.valueOf(url.getScheme()).matches("https?")) {
        return callback;
      }
    } catch (IllegalArgumentException notAUrl) {
      // Its message has all of it, and it may hold a login.
    }
    throw fields.invalid("completion_callback", "expected a URL of http or https");
  }
}
