package dropship.registry;

import dropship.blobstore.content.Content;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.Condition;
import dropship.blobstore.store.s3.S3Blobstore;
import dropship.blobstore.store.s3.S3Connection;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** An S3 server in this process, whose buckets are folders. */
final class S3InJvm implements AutoCloseable {
  private final Path secretKey;
  private final Path buckets;
  private final S3Proxy proxy;

  S3InJvm(Path directory) throws Exception {
    this.secretKey = Files.writeString(directory.resolve("secret.key"), "secret\n");
    this.buckets = Files.createDirectories(directory.resolve("buckets"));
    this.proxy =
        S3Proxy.builder()
            .blobStore(new FilesystemNio2BlobStore(buckets.toString()))
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "id", "secret")
            .build();
    proxy.start();
    newBucket("all");
  }

  void newBucket(String name) throws IOException {
    Files.createDirectory(buckets.resolve(name));
  }

  /** Puts an object as somebody else than the server would. */
  void put(String bucket, BlobKey key, byte[] bytes) throws Exception {
    var vertx = Vertx.vertx();
    var settings =
        new S3Connection.Settings(
            Optional.of(endpoint()),
            "us-east-1",
            true,
            Optional.of(new S3Connection.Keys("id", secretKey)),
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty(),
            10);
    try (var connection = S3Connection.open(settings)) {
      new S3Blobstore(vertx, connection, bucket, Optional.empty())
          .put(key, Content.of(Buffer.buffer(bytes)), Condition.ALWAYS)
          .await(30, TimeUnit.SECONDS);
    } finally {
      vertx.close().await(30, TimeUnit.SECONDS);
    }
  }

  private URI endpoint() {
    return URI.create("http://127.0.0.1:" + proxy.getPort());
  }

  /** The variables of a server that keeps everything here, in the bucket {@code all}. */
  Map<String, String> variables(Map<String, String> more) {
    var variables =
        new HashMap<>(
            Map.of(
                "DROPSHIP_STORE_TYPE", "s3",
                "DROPSHIP_STORE_S3_ENDPOINT", endpoint().toString(),
                "DROPSHIP_STORE_S3_BUCKET", "all",
                "DROPSHIP_STORE_S3_PATH_STYLE", "true",
                "DROPSHIP_STORE_S3_ACCESS_KEY", "id",
                "DROPSHIP_STORE_S3_SECRET_KEY_FILE", secretKey.toString()));
    variables.putAll(more);
    return variables;
  }

  @Override
  public void close() throws Exception {
    proxy.stop();
  }
}
