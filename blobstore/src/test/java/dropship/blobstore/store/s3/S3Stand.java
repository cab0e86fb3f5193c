package dropship.blobstore.store.s3;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.services.s3.model.MultipartUpload;

/** A server that speaks S3, with a bucket of its own for each test. */
final class S3Stand implements AutoCloseable {
  static final String ACCESS_KEY = "an-access-key";
  static final String SECRET_KEY = "a-secret-that-nobody-sees";

  final URI endpoint;
  final String accessKey;
  final S3Connection connection;
  private String bucket = "";

  S3Stand(URI endpoint, String accessKey, String secretKey) throws IOException {
    this.endpoint = endpoint;
    this.accessKey = accessKey;
    this.connection = S3Connection.open(settings(endpoint, accessKey, secretKey));
  }

  static S3Connection.Settings settings(URI endpoint, String accessKey, String secretKey) {
    return new S3Connection.Settings(
        Optional.of(endpoint),
        "us-east-1",
        true,
        Optional.of(new S3Connection.Keys(accessKey, fileOf(secretKey))),
        Optional.empty(),
        Optional.empty(),
        true,
        Optional.empty(),
        100);
  }

  private static Path fileOf(String secretKey) {
    try {
      var file = Files.createTempFile("secret-key-", "");
      file.toFile().deleteOnExit();
      return Files.writeString(file, secretKey + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The name of another bucket, which is empty. */
  String newBucket() {
    bucket = "bucket-" + UUID.randomUUID();
    connection.client().createBucket(create -> create.bucket(bucket)).join();
    return bucket;
  }

  /** A store in another bucket. */
  S3Blobstore newStore(Vertx vertx) {
    newBucket();
    return new S3Blobstore(vertx, connection, bucket, Optional.empty());
  }

  List<MultipartUpload> uploads() {
    return connection.client().listMultipartUploads(list -> list.bucket(bucket)).join().uploads();
  }

  /** An object that nobody would put through a store. */
  void putEmpty(String key) {
    connection
        .client()
        .putObject(put -> put.bucket(bucket).key(key), AsyncRequestBody.empty())
        .join();
  }

  @Override
  public void close() {
    connection.close();
  }
}
