package dropship.blobstore.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** URLs are signed as S3's documentation has it, and as the SDK does it. */
class PresignedUrlsTest {
  private static final Duration VALID = Duration.ofMinutes(20);
  private static final AwsCredentials KEYS = AwsBasicCredentials.create("id", "secret");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /** The example of "Authenticating Requests: Using Query Parameters". */
  @Test
  void signsTheExampleOfTheDocumentation() {
    var urls =
        new PresignedUrls(URI.create("https://examplebucket.s3.amazonaws.com/"), "us-east-1");
    var keys =
        AwsBasicCredentials.create(
            "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

    var url = urls.get("test.txt", keys, Instant.parse("2013-05-24T00:00:00Z"), Duration.ofDays(1));

    assertThat(url)
        .hasToString(
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature="
                + "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
  }

  @ParameterizedTest
  @CsvSource({
    "us-east-1,    ,                          true",
    "us-east-1,    ,                          false",
    "eu-central-1, ,                          false",
    "cn-north-1,   ,                          false",
    "us-east-1,    http://127.0.0.1:9000,     true",
    "us-east-1,    http://s3.internal:9000,   false",
    "eu-central-1, https://s3.example.com/,   false",
    "us-east-1,    https://s3.example.com:443, true",
  })
  void signsAsTheSdkDoes(String region, URI endpoint, boolean pathStyle) throws Exception {
    var where = Optional.ofNullable(endpoint);
    for (var bucket : List.of("bucket", "a.bucket")) {
      for (var key : List.of("a/key", "odd/!\"#$%&'()*+,-.:;<=>?@[]^_`{|}~ key")) {
        expectTheSame(region, where, pathStyle, bucket, key, KEYS);
      }
    }
  }

  @Test
  void signsForTheTimeThatARoleIsTaken() throws Exception {
    var role = AwsSessionCredentials.create("id", "secret", "a+token/with=all");

    expectTheSame("us-east-1", Optional.empty(), false, "bucket", "a/key", role);
  }

  private static void expectTheSame(
      String region,
      Optional<URI> endpoint,
      boolean pathStyle,
      String bucket,
      String key,
      AwsCredentials credentials)
      throws Exception {
    var sdks = signedBySdk(region, endpoint, pathStyle, bucket, key, credentials);
    var date = sdks.getRawQuery().replaceAll(".*X-Amz-Date=(\\w+).*", "$1");
    var settings =
        new S3Connection.Settings(
            endpoint,
            region,
            pathStyle,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            true,
            Optional.empty(),
            1);
    var ours =
        new PresignedUrls(settings.urlOf(bucket), region)
            .get(key, credentials, TIME.parse(date, Instant::from), VALID);

    assertThat(ours.getScheme()).isEqualTo(sdks.getScheme());
    assertThat(ours.getAuthority()).isEqualTo(sdks.getAuthority().replace(":443", ""));
    assertThat(ours.getRawPath()).isEqualTo(sdks.getRawPath());
    assertThat(ours.getRawQuery().split("&"))
        .containsExactlyInAnyOrder(sdks.getRawQuery().split("&"));
  }

  private static URI signedBySdk(
      String region,
      Optional<URI> endpoint,
      boolean pathStyle,
      String bucket,
      String key,
      AwsCredentials credentials)
      throws Exception {
    var building =
        S3Presigner.builder()
            .region(Region.of(region))
            .credentialsProvider(StaticCredentialsProvider.create(credentials))
            .serviceConfiguration(
                S3Configuration.builder().pathStyleAccessEnabled(pathStyle).build());
    endpoint.ifPresent(building::endpointOverride);
    try (var presigner = building.build()) {
      return presigner
          .presignGetObject(sign ->
              sign.signatureDuration(VALID).getObjectRequest(get -> get.bucket(bucket).key(key)))
          .url()
          .toURI();
    }
  }
}
