package dropship.registry;

import static software.amazon.awssdk.core.async.AsyncRequestBody.fromBytes;
import static software.amazon.awssdk.core.async.AsyncResponseTransformer.toBytes;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** S3, as far as a server needs it, whose buckets are folders. Knows which objects were read. */
final class BucketsOnDisk implements AutoCloseable {
  private final Path buckets;
  private final List<String> reads = new CopyOnWriteArrayList<>();
  private final S3Proxy s3;

  /** With the bucket {@code all}; a secret key for servers goes into {@code directory}. */
  BucketsOnDisk(Path directory) throws Exception {
    buckets = Files.createDirectory(directory.resolve("buckets"));
    create("all");
    s3 =
        S3Proxy.builder()
            .blobStore(new Watched(new FilesystemNio2BlobStore(buckets.toString()), reads))
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "id", "secret")
            .build();
    s3.start();
    Files.writeString(directory.resolve("secret.key"), "secret\n");
  }

  private static final class Watched extends ForwardingBlobStore {
    private final List<String> reads;

    Watched(BlobStore buckets, List<String> reads) {
      super(buckets);
      this.reads = reads;
    }

    @Override
    public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
      reads.add(request.key());
      return super.getBlob(request);
    }
  }

  void create(String bucket) throws Exception {
    Files.createDirectory(buckets.resolve(bucket));
  }

  /** Where an object is on disk, below the bucket's name. */
  Path resolve(String object) {
    return buckets.resolve(object);
  }

  /** How often an object was read, whole or in part. */
  long reads(String key) {
    return reads.stream().filter(key::equals).count();
  }

  byte[] get(String key) {
    return call(client -> client.getObject(get -> get.bucket("all").key(key), toBytes()))
        .asByteArray();
  }

  /** Replaces an object without asking any server. */
  void put(String key, byte[] bytes) {
    call(client -> client.putObject(put -> put.bucket("all").key(key), fromBytes(bytes)));
  }

  private <T> T call(Function<S3AsyncClient, CompletableFuture<T>> call) {
    var keys = StaticCredentialsProvider.create(AwsBasicCredentials.create("id", "secret"));
    try (var client =
        S3AsyncClient.builder()
            .endpointOverride(URI.create(url()))
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .credentialsProvider(keys)
            .build()) {
      return call.apply(client).join();
    }
  }

  String url() {
    return "http://127.0.0.1:" + s3.getPort();
  }

  /** The configuration of a server that keeps everything here. */
  Map<String, String> variables(Map<String, String> more) {
    var variables =
        new HashMap<>(
            Map.of(
                "DROPSHIP_STORE_TYPE", "s3",
                "DROPSHIP_STORE_S3_ENDPOINT", url(),
                "DROPSHIP_STORE_S3_BUCKET", "all",
                "DROPSHIP_STORE_S3_PATH_STYLE", "true",
                "DROPSHIP_STORE_S3_ACCESS_KEY", "id",
                "DROPSHIP_STORE_S3_SECRET_KEY_FILE", "secret.key"));
    variables.putAll(more);
    return variables;
  }

  /** Ends all that comes after it, as if the network were cut. */
  @Override
  public void close() throws Exception {
    s3.stop();
  }
}
