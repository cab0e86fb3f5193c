package dropship.registry.server;

import dropship.blobstore.content.Digest;
import dropship.blobstore.settings.Settings;
import dropship.registry.server.User.Action;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Who may use a surface, by Basic authentication (RFC 7617). */
public final class Users {
  /** Nobody. */
  public static final Users NONE = new Users(List.of());

  private final List<Known> known;

  /**
   * A user, and the SHA-256 of their password: what is compared has one length, whatever is sent.
   */
  private record Known(User user, Digest password) {
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
    var users = new Users(surface.list("users", Users::knownFrom));
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
    for (var word : settings.words("actions", names)) {
      actions.add(Action.valueOf(word.toUpperCase(Locale.ROOT)));
    }
    var name = settings.text("name");
    if (name.contains(":")) {
      settings.problem(
          "name", "expected a name without ':', which Basic authentication cannot carry");
    }
    return new Known(new User(name, actions), hash(passwordFrom(settings)));
  }

  private static String passwordFrom(Settings settings) {
    var file = settings.file("passwordFile");
    try {
      var password = Files.isRegularFile(file) ? Files.readString(file).strip() : "";
      if (Files.isRegularFile(file) && password.isEmpty()) {
        settings.problem("passwordFile", "expected a password in the file, which is empty");
      }
      return password;
    } catch (IOException e) {
      settings.problem("passwordFile", "expected a text file: " + e);
      return "";
    }
  }

  private static Digest hash(String password) {
    return Digest.of(password.getBytes(StandardCharsets.UTF_8));
  }

  public boolean isEmpty() {
    return known.isEmpty();
  }

  /** Whether anybody at all may do this. */
  public boolean anybodyMay(Action action) {
    return known.stream().anyMatch(each -> each.user.may(action));
  }

  /**
   * Who sends this request; empty without credentials and with wrong ones. Takes as long for a
   * wrong name as for a wrong password, and for a nearly right one as for any other.
   */
  public Optional<User> authenticate(HttpServerRequest request) {
    var header = request.getHeader(HttpHeaders.AUTHORIZATION);
    if (header == null || !header.regionMatches(true, 0, "Basic ", 0, 6)) {
      return Optional.empty();
    }
    var credentials = decode(header.substring(6).strip());
    int colon = credentials.indexOf(':');
    var name = credentials.substring(0, Math.max(0, colon));
    var password = hash(credentials.substring(colon + 1));
    Optional<User> found = Optional.empty();
    for (var each : known) {
      boolean right = isEqual(password, each.password);
      if (right && colon > 0 && name.equals(each.user.name())) {
        found = Optional.of(each.user);
      }
    }
    return found;
  }

  private static boolean isEqual(Digest one, Digest other) {
    return MessageDigest.isEqual(
        one.value().getBytes(StandardCharsets.US_ASCII),
        other.value().getBytes(StandardCharsets.US_ASCII));
  }

  private static String decode(String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return "";
    }
  }
}
