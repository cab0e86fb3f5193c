package dropship.scheduler.opi;

import dropship.scheduler.lrp.App;
import java.util.Map;

/** Whose process or task it is, in the words of Cloud Controllers of all ages. */
final class AppFields {
  private AppFields() {}

  /** Those of 2019 say it only to the app itself, in {@code VCAP_APPLICATION}. */
  static App ofLrp(Fields body, Map<String, String> environment) {
    var vcap = Fields.parseIfJson(environment.getOrDefault("VCAP_APPLICATION", ""));
    return new App(
        either(body, "app_guid", vcap, "application_id"),
        either(body, "app_name", vcap, "application_name"),
        either(body, "space_guid", vcap, "space_id"),
        either(body, "space_name", vcap, "space_name"),
        either(body, "organization_guid", vcap, "organization_id"),
        either(body, "organization_name", vcap, "organization_name"));
  }

  private static String either(Fields body, String name, Fields vcap, String nameThere) {
    var text = body.text(name);
    return text.isEmpty() ? vcap.text(nameThere) : text;
  }

  static App ofTask(Fields body) {
    return new App(
        body.text("app_guid"),
        body.text("app_name"),
        body.text("space_guid"),
        body.text("space_name"),
        body.text("org_guid"),
        body.text("org_name"));
  }
}
