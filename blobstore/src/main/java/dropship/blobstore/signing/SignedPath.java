package dropship.blobstore.signing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The path of a URL as a signature covers it: percent-decoded. It can be read in one way only, so
 * that whoever checks the signature and whoever serves the resource mean the same: no segment is
 * empty (but the last may be: {@code /buildpacks/}), "." or "..", and none has a slash within.
 */
public record SignedPath(String value) {
  private static final String UNRESERVED =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

  /** What stands for itself in a path, slashes included (RFC 3986 section 3.3). */
  private static final String PLAIN = UNRESERVED + "!$&'()*+,;=:@/";

  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  public SignedPath {
    if (!isUnambiguous(value)) {
      throw new IllegalArgumentException(
          "not the path of a resource, expected '/' and segments of which none is empty, '.' or"
              + " '..', without control characters");
    }
  }

  /** The path that a request has in its first line; empty if it could be read in several ways. */
  public static Optional<SignedPath> ofEncoded(String raw) {
    var bytes = ByteBuffer.allocate(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      if (PLAIN.indexOf(raw.charAt(i)) >= 0) {
        bytes.put((byte) raw.charAt(i));
      } else if (isEscape(raw, i)) {
        int decoded = HexFormat.fromHexDigits(raw, i + 1, i + 3);
        if (decoded == '/') {
          return Optional.empty();
        }
        bytes.put((byte) decoded);
        i += 2;
      } else {
        return Optional.empty();
      }
    }
    try {
      var decoded = UTF_8.newDecoder().decode(bytes.flip()).toString();
      return isUnambiguous(decoded) ? Optional.of(new SignedPath(decoded)) : Optional.empty();
    } catch (CharacterCodingException notText) {
      return Optional.empty();
    }
  }

  private static boolean isEscape(String raw, int at) {
    return raw.charAt(at) == '%'
        && at + 2 < raw.length()
        && HexFormat.isHexDigit(raw.charAt(at + 1))
        && HexFormat.isHexDigit(raw.charAt(at + 2));
  }

  private static boolean isUnambiguous(String path) {
    if (!path.startsWith("/") || path.chars().anyMatch(Character::isISOControl)) {
      return false;
    }
    var segments = path.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      boolean isLast = i == segments.length - 1;
      if (segments[i].isEmpty() ? !isLast : segments[i].equals(".") || segments[i].equals("..")) {
        return false;
      }
    }
    return true;
  }

  /** For use in a URL: whatever a client might understand in a way of its own is escaped. */
  public String encoded() {
    var encoded = new StringBuilder();
    for (byte each : value.getBytes(UTF_8)) {
      if (each == '/' || UNRESERVED.indexOf(each) >= 0) {
        encoded.append((char) each);
      } else {
        HEX.toHexDigits(encoded.append('%'), each);
      }
    }
    return encoded.toString();
  }
}
