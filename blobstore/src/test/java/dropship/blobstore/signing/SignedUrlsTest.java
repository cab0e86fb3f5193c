package dropship.blobstore.signing;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignedUrlsTest {
  private static final int URLS = 100;
  private static final SignedPath PATH = new SignedPath("/droplets/guid/hash");
  private static final Instant EXPIRY = Instant.ofEpochSecond(1_500_000_000);
  private static final Instant NOW = EXPIRY.minus(Duration.ofHours(1));
  private static final SigningKeys OLD = keys(null, Map.of(), "some_secret");
  private static final SigningKeys NEW = keys("k1", Map.of("k1", "geheim", "k2", "secreto"), null);
  private static final SigningKeys BOTH =
      keys("k1", Map.of("k1", "geheim", "k2", "secreto"), "some_secret");

  private static SigningKeys keys(String active, Map<String, String> keys, String secret) {
    return new SigningKeys(Optional.ofNullable(active), keys, Optional.ofNullable(secret));
  }

  private static SignedUrls urls(SigningKeys keys, Instant now) {
    return new SignedUrls(() -> keys, Clock.fixed(now, ZoneOffset.UTC));
  }

  /** What is known of the original: its own tests have these. */
  @ParameterizedTest
  @CsvSource({
    "GET, /packages/myguid, geheim,"
        + " 0e2676ebf3c5c984271fd85ee01ad6b6ac16f696163a371066a64142b06ac302",
    "PUT, /droplets/some-guid, some_secret,"
        + " 740accfb36d9201f2136615bee5b892f748f4046a0c058485c2c5776b18d845f"
  })
  void signsAsTheCloudControllerDoes(String method, String path, String secret, String signature) {
    var expected = "signature=" + signature + "&expires=1500000000";
    var resource = new SignedPath(path);

    assertThat(urls(keys(null, Map.of(), secret), NOW).sign(method, resource)).isEqualTo(expected);
    assertThat(urls(keys("a key", Map.of("a key", secret), null), NOW).sign(method, resource))
        .isEqualTo(expected + "&AccessKeyId=a+key");
    assertThat(refusal(keys(null, Map.of(), secret), NOW, method, resource, expected)).isEmpty();
  }

  @Test
  void isGoodForAnHour() {
    var query = urls(NEW, NOW).sign("GET", PATH);

    assertThat(refusal(NEW, NOW, query)).isEmpty();
    assertThat(refusal(NEW, EXPIRY, query)).isEmpty();
    assertThat(refusal(NEW, EXPIRY.plusNanos(1), query)).contains("it has expired");
    assertThat(refusal(NEW, EXPIRY.plusSeconds(1), query)).contains("it has expired");
  }

  @Test
  void takesUrlsOfBothSchemesAndOfEachKey() {
    var old = urls(OLD, NOW).sign("GET", PATH);
    var ofK1 = urls(NEW, NOW).sign("GET", PATH);
    var ofK2 = urls(keys("k2", NEW.keys(), null), NOW).sign("GET", PATH);

    assertThat(List.of(old, ofK1, ofK2))
        .allSatisfy(query -> assertThat(refusal(BOTH, NOW, query)).isEmpty());
    assertThat(refusal(OLD, NOW, ofK1)).contains("its key is unknown");
    assertThat(refusal(NEW, NOW, ofK1.replace("k1", "k2"))).isPresent();
  }

  /** The original had an empty secret then, which everybody knows. */
  @Test
  void takesNoUrlWithoutKeyIdWhereThereIsNoSecret() {
    var withoutKeyId = urls(OLD, NOW).sign("GET", PATH);

    assertThat(refusal(NEW, NOW, withoutKeyId)).contains("its key is unknown");
    assertThat(refusal(NEW, NOW, withoutKeyId + "&AccessKeyId=")).contains("its key is unknown");
  }

  /** A Cloud Controller with a secret and no key id writes it like this. */
  @Test
  void takesAnEmptyKeyIdForNone() {
    assertThat(refusal(OLD, NOW, urls(OLD, NOW).sign("GET", PATH) + "&AccessKeyId=")).isEmpty();
  }

  @Test
  void doesNotMindOtherParameters() {
    var query = urls(NEW, NOW).sign("PUT", PATH) + "&async=true&verb=put&verb=get&x=";

    assertThat(refusal(NEW, NOW, "PUT", PATH, query)).isEmpty();
  }

  @Test
  void isForOneMethodOnly() {
    var query = urls(NEW, NOW).sign("GET", PATH);

    for (var other : List.of("HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "GE", "GETT")) {
      assertThat(refusal(NEW, NOW, other, PATH, query)).as(other).isPresent();
    }
  }

  @Test
  void usesTheKeysOfTheMoment() {
    var current = new AtomicReference<>(OLD);
    var urls = new SignedUrls(current::get, Clock.fixed(NOW, ZoneOffset.UTC));
    var before = parse(urls.sign("GET", PATH));

    current.set(NEW);

    assertThat(urls.sign("GET", PATH)).endsWith("&AccessKeyId=k1");
    assertThat(urls.refusal("GET", PATH, name -> before.getOrDefault(name, List.of())))
        .contains("its key is unknown");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "SIGNATURE",
        "EXPIRES",
        "signature=&EXPIRES",
        "SIGNATURE&expires=",
        "SIGNATURE&SIGNATURE&EXPIRES",
        "SIGNATURE&EXPIRES&EXPIRES",
        "SIGNATURE&signature=&EXPIRES",
        "SIGNATURE&EXPIRES&AccessKeyId=&AccessKeyId=",
        "SIGNATURE&EXPIRES&AccessKeyId=none",
        "SIGNATURE&expires=0",
        "SIGNATURE&expires=-1500000000",
        "SIGNATURE&expires=+1500000000",
        "SIGNATURE&expires=01500000000",
        "SIGNATURE&expires=1500000000.0",
        "SIGNATURE&expires=1.5e9",
        "SIGNATURE&expires=0x59682F00",
        "SIGNATURE&expires=never",
        "SIGNATURE&expires=999999999999",
        "SIGNATURE&expires=9223372036854775808",
        "SIGNATURE&expires=99999999999999999999999999999999",
        "SIGNATURE&expires=１５０００００００００",
        "SIGNATURE0&EXPIRES",
        "signature=0&EXPIRES",
        "signature=%00&EXPIRES",
        "signature=zz&EXPIRES"
      })
  void refusesWhatNobodySigned(String pattern) {
    var signed = urls(OLD, NOW).sign("GET", PATH).split("&");
    var query = pattern.replace("SIGNATURE", signed[0]).replace("EXPIRES", signed[1]);

    assertThat(refusal(OLD, NOW, query)).isPresent();
  }

  @Test
  void refusesWhatIsTooLong() {
    var query = urls(OLD, NOW).sign("GET", PATH);
    var much = "f".repeat(1_000_000);

    assertThat(refusal(OLD, NOW, query.replace("signature=", "signature=" + much))).isPresent();
    assertThat(refusal(OLD, NOW, query + "9".repeat(1_000_000))).isPresent();
    assertThat(refusal(OLD, NOW, query + "&AccessKeyId=" + much)).isPresent();
  }

  @Test
  void doesNotTellTheSignatureInItsReason() {
    var query = urls(OLD, NOW).sign("GET", PATH);
    var signature = parse(query).get("signature").getFirst();

    assertThat(refusal(OLD, NOW, "PUT", PATH, query).orElseThrow())
        .doesNotContain(signature)
        .doesNotContain(signature.substring(0, 8))
        .doesNotContain("some_secret");
  }

  static LongStream seeds() {
    return LongStream.of(1, 2, System.nanoTime());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void anyUrlIsGoodUntilSomethingOfItChanges(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < URLS; i++) {
      var keyId = text(random, 1, "");
      var keys = keys(keyId, Map.of(keyId, "secret", "another", "secret of it"), null);
      var method = List.of("GET", "HEAD", "PUT", "POST", "DELETE").get(random.nextInt(5));
      var path = new SignedPath("/" + text(random, 2, "/") + "/" + text(random, 2, "/"));
      var now = Instant.ofEpochSecond(random.nextInt(Integer.MAX_VALUE));
      var query = parse(urls(keys, now).sign(method, path));
      var same = urls(keys, now.plusSeconds(random.nextInt(3601)));

      assertThat(same.refusal(method, path, query::get)).as("%s %s", method, path).isEmpty();
      assertThat(SignedPath.ofEncoded(path.encoded())).contains(path);
      for (var parameter : query.keySet()) {
        var changed = new HashMap<>(query);
        changed.compute(
            parameter, (name, value) -> List.of(changed(random, value.getFirst(), text -> text)));
        assertThat(same.refusal(method, path, changed::get))
            .as("%s %s with %s for %s", method, path, changed, query)
            .isPresent();
      }
      var otherPath = new SignedPath(changed(random, path.value(), SignedUrlsTest::wellFormed));
      assertThat(same.refusal(method, otherPath, query::get))
          .as("%s %s for %s", method, otherPath, path)
          .isPresent();
      assertThat(same.refusal(changed(random, method, String::toUpperCase), path, query::get))
          .isPresent();
    }
  }

  /** One character more, one less, or another one: whatever gives something else. */
  private static String changed(Random random, String text, UnaryOperator<String> admit) {
    while (true) {
      var changed = new StringBuilder(text);
      int at = random.nextInt(text.length());
      char other = (char) (' ' + random.nextInt('~' - ' '));
      switch (random.nextInt(3)) {
        case 0 -> changed.insert(at, other);
        case 1 -> changed.deleteCharAt(at);
        default -> changed.setCharAt(at, other);
      }
      var admitted = admit.apply(changed.toString());
      if (!admitted.equals(text)) {
        return admitted;
      }
    }
  }

  /** The path, or another one where that is none. */
  private static String wellFormed(String path) {
    try {
      return new SignedPath(path).value();
    } catch (IllegalArgumentException notAPath) {
      return "/another";
    }
  }

  private static String text(Random random, int atLeast, String without) {
    var alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-_.+% ~&=?#/é日".replace(without, "");
    var text = new StringBuilder("x");
    for (int length = atLeast + random.nextInt(40); length > 0; length--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private static Optional<String> refusal(SigningKeys keys, Instant now, String query) {
    return refusal(keys, now, "GET", PATH, query);
  }

  private static Optional<String> refusal(
      SigningKeys keys, Instant now, String method, SignedPath path, String query) {
    var parameters = parse(query);
    return urls(keys, now).refusal(method, path, name -> parameters.getOrDefault(name, List.of()));
  }

  private static Map<String, List<String>> parse(String query) {
    var parameters = new HashMap<String, List<String>>();
    for (var each : query.split("&")) {
      int equals = each.indexOf('=');
      if (equals > 0) {
        parameters
            .computeIfAbsent(each.substring(0, equals), name -> new ArrayList<>())
            .add(URLDecoder.decode(each.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return parameters;
  }
}
