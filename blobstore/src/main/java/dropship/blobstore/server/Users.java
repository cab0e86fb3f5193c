package dropship.blobstore.server;

import dropship.blobstore.content.Digest;
import dropship.blobstore.log.Call;
import dropship.blobstore.server.User.Action;
import dropship.blobstore.settings.Settings;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Who may use a surface, by Basic authentication (RFC 7617). */
public final class Users {
  /** Nobody. */
  public static final Users NONE = new Users(List.of());

  /**
   * Those who have a password learn of a new one at different times, so the old one is taken on.
   */
  private static final Duration GRACE = Duration.ofMinutes(1);

  private final Attempts attempts = new Attempts(System::nanoTime);
  private volatile List<Known> known;

  /**
   * A user, where their password is, and its hash.
   *
   * @param before the password before, while it is taken
   */
  private record Known(User user, Path file, Digest password, Optional<Digest> before) {
    boolean isRight(Digest given) {
      boolean now = isEqual(given, password);
      boolean then = before.filter(old -> isEqual(given, old)).isPresent();
      return now || then;
    }

    @Override
    public String toString() {
      return user.name() + ":***";
    }
  }

  private Users(List<Known> known) {
    this.known = known;
  }

  /**
   * Reads {@code users: [{name, passwordFile, actions}]}; passwords are read from their files now.
   */
  public static Users from(Settings surface) {
    var users =
        new Users(
            surface
                .about("who may use it, by Basic authentication")
                .list("users", Users::knownFrom));
    var names = new HashSet<String>();
    for (var each : users.known) {
      if (!names.add(each.user.name())) {
        surface.problem(
            "users", "expected each name once, but '" + each.user.name() + "' comes twice");
      }
    }
    return users;
  }

  private static Known knownFrom(Settings settings) {
    var names =
        Arrays.stream(Action.values())
            .map(action -> action.name().toLowerCase(Locale.ROOT))
            .toList();
    var actions = EnumSet.noneOf(Action.class);
    for (var word :
        settings.about("what for; an admin may do everything").words("actions", names)) {
      actions.add(Action.valueOf(word.toUpperCase(Locale.ROOT)));
    }
    var name = settings.about("who").text("name");
    if (name.contains(":")) {
      settings.problem(
          "name", "expected a name without ':', which Basic authentication cannot carry");
    }
    var file = settings.about("a file with nothing but their password").file("passwordFile");
    return new Known(new User(name, actions), file, passwordFrom(settings, file), Optional.empty());
  }

  private static Digest passwordFrom(Settings settings, Path file) {
    try {
      return Files.isRegularFile(file) ? passwordIn(file) : hash("");
    } catch (IOException e) {
      settings.problem("passwordFile", "expected a password in the file: " + e.getMessage());
      return hash("");
    }
  }

  private static Digest passwordIn(Path file) throws IOException {
    var password = Files.readString(file).strip();
    if (password.isEmpty()) {
      throw new IOException(file + " is empty");
    }
    return hash(password);
  }

  static Digest hash(String password) {
    return Digest.of(password.getBytes(StandardCharsets.UTF_8));
  }

  /** The files that passwords are read from. */
  List<Path> files() {
    return known.stream().map(Known::file).toList();
  }

  /**
   * Reads the password files anew; all of them or, if one cannot be used, none. A password that has
   * changed is still taken for a while. Blocks.
   */
  Users reload(Vertx vertx) throws IOException {
    var reloaded = new ArrayList<Known>();
    for (var each : known) {
      var password = passwordIn(each.file);
      reloaded.add(
          password.equals(each.password)
              ? each
              : new Known(each.user, each.file, password, Optional.of(each.password)));
    }
    known = List.copyOf(reloaded);
    vertx.setTimer(GRACE.toMillis(), later -> forgetBefore(reloaded));
    return this;
  }

  private void forgetBefore(List<Known> reloaded) {
    if (known.equals(reloaded)) {
      known =
          reloaded.stream()
              .map(each -> new Known(each.user, each.file, each.password, Optional.empty()))
              .toList();
    }
  }

  public boolean isEmpty() {
    return known.isEmpty();
  }

  /** Whether anybody at all may do this. */
  public boolean anybodyMay(Action action) {
    return known.stream().anyMatch(each -> each.user.may(action));
  }

  /**
   * Whose credentials these are; empty if nobody's. Takes as long for a wrong name as for a wrong
   * password, and for a nearly right one as for any other.
   */
  Optional<User> find(Credentials given) {
    Optional<User> found = Optional.empty();
    for (var each : known) {
      boolean right = each.isRight(given.password());
      if (right && given.name().equals(each.user.name())) {
        found = Optional.of(each.user);
      }
    }
    found.ifPresent(user -> Call.current().ifPresent(call -> call.isBy(user.name())));
    return found;
  }

  /** How often others than these users have tried to be one of them. */
  Attempts attempts() {
    return attempts;
  }

  private static boolean isEqual(Digest one, Digest other) {
    return MessageDigest.isEqual(
        one.value().getBytes(StandardCharsets.US_ASCII),
        other.value().getBytes(StandardCharsets.US_ASCII));
  }
}
