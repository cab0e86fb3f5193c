package dropship.blobstore.signing;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs URLs and says whether they are good, as the Cloud Controller's own client does
 * (bits-service, "Signed URLs"). Covered are method, path and time; other query parameters may be
 * added later.
 */
public final class SignedUrls {
  private static final Duration LIFETIME = Duration.ofHours(1);
  private static final String SIGNATURE = "signature";
  private static final String EXPIRES = "expires";
  private static final String KEY_ID = "AccessKeyId";
  private static final Pattern HMAC = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SECONDS = Pattern.compile("[1-9][0-9]{0,11}");

  private final Supplier<SigningKeys> keys;
  private final Clock clock;

  /**
   * @param keys asked each time, so that secrets can be replaced
   */
  public SignedUrls(Supplier<SigningKeys> keys, Clock clock) {
    this.keys = keys;
    this.clock = clock;
  }

  /** The query that lets whoever has it do {@code method} to {@code path} for an hour. */
  public String sign(String method, SignedPath path) {
    var now = keys.get();
    var expires = Long.toString(clock.instant().plus(LIFETIME).getEpochSecond());
    // Keys cannot be without a secret to sign with.
    var signature = signature(now.secretOf(now.activeKey()).orElseThrow(), method, path, expires);
    var query = SIGNATURE + "=" + signature + "&" + EXPIRES + "=" + expires;
    return now.activeKey()
        .map(id -> query + "&" + KEY_ID + "=" + URLEncoder.encode(id, UTF_8))
        .orElse(query);
  }

  /**
   * Why a request must not be served; empty if it has been signed. The reason is for logs: it has
   * nothing of the request in it.
   *
   * @param query all values of a query parameter
   */
  public Optional<String> refusal(
      String method, SignedPath path, Function<String, List<String>> query) {
    var signature = query.apply(SIGNATURE);
    var expires = query.apply(EXPIRES);
    var keyId = query.apply(KEY_ID);
    if (signature.isEmpty() || expires.isEmpty()) {
      return Optional.of("it is not signed");
    }
    if (signature.size() > 1 || expires.size() > 1 || keyId.size() > 1) {
      return Optional.of("it is signed more than once");
    }
    if (!HMAC.matcher(signature.getFirst()).matches()) {
      return Optional.of("its signature is not an HMAC-SHA256 in hex");
    }
    if (!SECONDS.matcher(expires.getFirst()).matches()) {
      return Optional.of("it does not expire at a time in seconds");
    }
    if (clock.instant().isAfter(Instant.ofEpochSecond(Long.parseLong(expires.getFirst())))) {
      return Optional.of("it has expired");
    }
    // A Cloud Controller that has been given no key id sends an empty one.
    var secret = keys.get().secretOf(keyId.stream().filter(id -> !id.isEmpty()).findFirst());
    if (secret.isEmpty()) {
      return Optional.of("its key is unknown");
    }
    var expected = signature(secret.get(), method, path, expires.getFirst());
    return isEqual(expected, signature.getFirst())
        ? Optional.empty()
        : Optional.of("its signature is of another method, path, time or secret");
  }

  /** Takes as long for a signature that is nearly right as for any other. */
  private static boolean isEqual(String one, String other) {
    return MessageDigest.isEqual(one.getBytes(US_ASCII), other.getBytes(US_ASCII));
  }

  private static String signature(String secret, String method, SignedPath path, String expires) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(UTF_8), mac.getAlgorithm()));
      var message =
          method.toUpperCase(Locale.ROOT) + " " + path.value() + " " + secret + " " + expires;
      return HexFormat.of().formatHex(mac.doFinal(message.getBytes(UTF_8)));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible); // every Java has it
    }
  }
}
