package dropship.scheduler.opi;

import dropship.scheduler.lrp.Lifecycle;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What is to run: {@code lifecycle}, or fields beside all others as in 2019. */
final class LifecycleFields {
  /** What may be in the name of an image, of which both become parts. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

  private static final Pattern IMAGE = Pattern.compile("[!-~]{1,1024}");

  private LifecycleFields() {}

  static Lifecycle in(Fields body) {
    var lifecycle = body.object("lifecycle");
    if (lifecycle.has("docker_lifecycle")) {
      return docker(lifecycle.object("docker_lifecycle"));
    }
    if (lifecycle.has("buildpack_lifecycle")) {
      return buildpack(lifecycle.object("buildpack_lifecycle"));
    }
    if (!body.text("docker_image").isEmpty()) {
      var command = body.text("start_command");
      return new Lifecycle.Docker(
          imageIn(body, "docker_image"),
          command.isEmpty() ? List.of() : List.of("/bin/sh", "-c", command),
          Optional.empty());
    }
    if (!body.text("droplet_guid").isEmpty()) {
      return buildpack(body);
    }
    throw body.invalid("lifecycle", "expected docker_lifecycle, buildpack_lifecycle or a droplet");
  }

  private static Lifecycle buildpack(Fields fields) {
    return new Lifecycle.Buildpack(
        nameIn(fields, "droplet_guid"),
        nameIn(fields, "droplet_hash"),
        fields.text("start_command"));
  }

  private static Lifecycle docker(Fields fields) {
    var user = fields.text("registry_username");
    var password = fields.text("registry_password");
    return new Lifecycle.Docker(
        imageIn(fields, "image"),
        fields.texts("command"),
        user.isEmpty() && password.isEmpty()
            ? Optional.empty()
            : Optional.of(new Lifecycle.Login(user, password)));
  }

  private static String nameIn(Fields fields, String name) {
    return matching(NAME, fields, name, "expected letters, digits, _ . and -");
  }

  private static String imageIn(Fields fields, String name) {
    return matching(IMAGE, fields, name, "expected the name of an image");
  }

  private static String matching(Pattern pattern, Fields fields, String name, String expectation) {
    var text = fields.text(name);
    if (!pattern.matcher(text).matches()) {
      throw fields.invalid(name, expectation);
    }
    return text;
  }
}
