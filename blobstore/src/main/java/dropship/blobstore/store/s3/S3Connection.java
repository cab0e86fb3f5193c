package dropship.blobstore.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.S3Utilities;

/**
 * An account of S3, or of what speaks its protocol: where it is, who we are there, and the
 * connections to it. Serves any number of buckets.
 */
public final class S3Connection implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(5);

  /** How long a call waits for a connection while all are in use. */
  private static final Duration ACQUIRE = Duration.ofSeconds(10);

  /**
   * A download may rest for as long as our own client does; what is slower is noticed elsewhere.
   */
  private static final Duration REST = Duration.ofMinutes(15);

  private static final int MOST_WAITING = 10_000;
  private static final int ATTEMPTS = 4;

  /**
   * What one must know.
   *
   * @param endpoint empty for Amazon's
   * @param pathStyle whether the bucket is in the path of URLs, rather than in their host
   * @param keys empty for what the environment offers: variables, a profile, the machine's role
   * @param ca certificates of authorities that the endpoint's comes from, if not from a public one
   * @param encryption of what is stored; empty for the bucket's own
   * @param redirect whether clients are given URLs to read from the store themselves
   * @param publicEndpoint where clients reach the store, if it is elsewhere for them
   * @param connections how many there may be at once; each download has one
   */
  public record Settings(
      Optional<URI> endpoint,
      String region,
      boolean pathStyle,
      Optional<Keys> keys,
      Optional<Path> ca,
      Optional<Encryption> encryption,
      boolean redirect,
      Optional<URI> publicEndpoint,
      int connections) {

    /** Where clients reach a bucket; ends in a slash. */
    URI urlOf(String bucket) {
      var locating =
          S3Utilities.builder()
              .region(Region.of(region))
              .s3Configuration(S3Configuration.builder().pathStyleAccessEnabled(pathStyle).build());
      publicEndpoint.or(() -> endpoint).ifPresent(locating::endpoint);
      var ofObject = locating.build().getUrl(get -> get.bucket(bucket).key("k")).toString();
      return URI.create(ofObject.substring(0, ofObject.length() - 1));
    }
  }

  /** Who we are. */
  public record Keys(String accessKey, Path secretKeyFile) {}

  /**
   * What S3 encrypts with, with keys of its own.
   *
   * @param algorithm {@code AES256} or {@code aws:kms}
   * @param kmsKey empty for the account's own
   */
  public record Encryption(String algorithm, Optional<String> kmsKey) {}

  private final Settings settings;
  private final SdkAsyncHttpClient http;
  private final S3AsyncClient client;
  private final AwsCredentialsProvider credentials;
  private final AtomicInteger partsInFlight = new AtomicInteger();

  private S3Connection(Settings settings, AwsCredentialsProvider credentials) throws IOException {
    this.settings = settings;
    this.credentials = credentials;
    var region = Region.of(settings.region);
    this.http = http(settings);
    var building =
        S3AsyncClient.builder()
            .httpClient(http)
            .region(region)
            .credentialsProvider(credentials)
            .forcePathStyle(settings.pathStyle)
            .overrideConfiguration(calls ->
                calls.retryStrategy(
                    AwsRetryStrategy.standardRetryStrategy().toBuilder()
                        .maxAttempts(ATTEMPTS)
                        .retryOnException(S3Connection::anotherWritesTheSame)
                        .build()));
    settings.endpoint.ifPresent(building::endpointOverride);
    this.client = building.build();
  }

  /**
   * Prepares connections; none is made before the first call.
   *
   * <p>Blocks: it reads files, and may ask the machine for its role.
   */
  public static S3Connection open(Settings settings) throws IOException {
    var credentials =
        settings.keys.isPresent()
            ? StaticCredentialsProvider.create(read(settings.keys.get()))
            : DefaultCredentialsProvider.builder().asyncCredentialUpdateEnabled(true).build();
    try {
      credentials.resolveCredentials(); // the first time may take long; later it is done beforehand
    } catch (SdkClientException none) {
      throw new IOException(
          "no credentials for S3: neither configured nor in the environment, a profile or a role",
          none);
    }
    return new S3Connection(settings, credentials);
  }

  AtomicInteger partsInFlight() {
    return partsInFlight;
  }

  private static AwsBasicCredentials read(Keys keys) throws IOException {
    var secret = Files.readString(keys.secretKeyFile).strip();
    if (secret.isEmpty()) {
      throw new IOException(keys.secretKeyFile + " is empty, expected a secret key");
    }
    return AwsBasicCredentials.create(keys.accessKey, secret);
  }

  private static SdkAsyncHttpClient http(Settings settings) throws IOException {
    var building =
        NettyNioAsyncHttpClient.builder()
            .maxConcurrency(settings.connections)
            .maxPendingConnectionAcquires(MOST_WAITING)
            .connectionTimeout(CONNECT)
            .tlsNegotiationTimeout(CONNECT)
            .connectionAcquisitionTimeout(ACQUIRE)
            .readTimeout(REST)
            .tcpKeepAlive(true);
    if (settings.ca.isPresent()) {
      var trusted = trustManagers(settings.ca.get());
      building.tlsTrustManagersProvider(() -> trusted);
    }
    return building.build();
  }

  private static TrustManager[] trustManagers(Path ca) throws IOException {
    try (InputStream pem = Files.newInputStream(ca)) {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (var each : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        store.setCertificateEntry("ca-" + number++, each);
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      return trust.getTrustManagers();
    } catch (GeneralSecurityException e) {
      throw new IOException(ca + " is not a file of PEM certificates: " + e.getMessage(), e);
    }
  }

  /**
   * S3 has two conditional writes of one key decide who is first, and may ask both to try again.
   */
  private static boolean anotherWritesTheSame(Throwable failure) {
    return Failures.code(failure).equals("ConditionalRequestConflict");
  }

  Settings settings() {
    return settings;
  }

  S3AsyncClient client() {
    return client;
  }

  /** Blocks if they are a role's that has to be asked for anew. */
  AwsCredentials credentials() {
    return credentials.resolveCredentials();
  }

  @Override
  public void close() {
    client.close();
    http.close();
  }
}
