package dropship.blobstore.store.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLEncoder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;

/**
 * URLs by which whoever has them reads objects of one bucket for a while. They are signed as S3 has
 * it ("Authenticating Requests: Using Query Parameters", signature version 4). The SDK can do that
 * too, but resolves and assembles much anew for each, and every pull of a layer needs one.
 */
final class PresignedUrls {
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final String HMAC = "HmacSHA256";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final String origin;
  private final String host;
  private final String path;
  private final String region;
  private volatile Optional<SigningKey> lastKey = Optional.empty();

  /** Of one day, and made of the secret key of {@code accessKey}. */
  private record SigningKey(String accessKey, String day, SecretKey key) {}

  /**
   * Signs for a bucket.
   *
   * @param bucket its URL, which ends in a slash
   */
  PresignedUrls(URI bucket, String region) {
    int usual = bucket.getScheme().equals("https") ? 443 : 80;
    int port = bucket.getPort();
    // Clients leave out the usual port, and what they call the host is signed.
    this.host = bucket.getHost() + (port < 0 || port == usual ? "" : ":" + port);
    this.origin = bucket.getScheme() + "://" + host;
    this.path = bucket.getRawPath();
    this.region = region;
  }

  /** A URL that is good for GET of an object from {@code now} on. */
  URI get(String key, AwsCredentials credentials, Instant now, Duration validFor) {
    var time = TIME.format(now);
    var day = time.substring(0, 8);
    var scope = "%s/%s/s3/aws4_request".formatted(day, region);
    var query =
        new TreeMap<>(
            Map.of(
                "X-Amz-Algorithm",
                ALGORITHM,
                "X-Amz-Credential",
                credentials.accessKeyId() + "/" + scope,
                "X-Amz-Date",
                time,
                "X-Amz-Expires",
                Long.toString(validFor.toSeconds()),
                "X-Amz-SignedHeaders",
                "host"));
    if (credentials instanceof AwsSessionCredentials session) {
      query.put("X-Amz-Security-Token", session.sessionToken());
    }
    var parameters =
        query.entrySet().stream()
            .map(each -> each.getKey() + "=" + encoded(each.getValue()))
            .collect(Collectors.joining("&"));
    var object = path + encoded(key).replace("%2F", "/");
    var request =
        String.join(
            "\n", "GET", object, parameters, "host:" + host, "", "host", "UNSIGNED-PAYLOAD");
    var signature =
        hmac(
            signingKey(credentials, day),
            String.join("\n", ALGORITHM, time, scope, hex(sha256(request))));
    return URI.create(origin + object + "?" + parameters + "&X-Amz-Signature=" + hex(signature));
  }

  private SecretKey signingKey(AwsCredentials credentials, String day) {
    var accessKey = credentials.accessKeyId();
    return lastKey
        .filter(last -> last.day.equals(day) && last.accessKey.equals(accessKey))
        .map(SigningKey::key)
        .orElseGet(() -> {
          var key = keyOf(("AWS4" + credentials.secretAccessKey()).getBytes(UTF_8));
          for (var part : List.of(day, region, "s3", "aws4_request")) {
            key = keyOf(hmac(key, part));
          }
          lastKey = Optional.of(new SigningKey(accessKey, day, key));
          return key;
        });
  }

  private static SecretKey keyOf(byte[] bytes) {
    return new SecretKeySpec(bytes, HMAC);
  }

  /** All but letters, digits and {@code -._~}, in upper-case hexadecimal. */
  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8)
        .replace("+", "%20")
        .replace("*", "%2A")
        .replace("%7E", "~");
  }

  private static byte[] hmac(SecretKey key, String text) {
    try {
      var mac = Mac.getInstance(HMAC);
      mac.init(key);
      return mac.doFinal(text.getBytes(UTF_8));
    } catch (GeneralSecurityException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
    } catch (GeneralSecurityException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
