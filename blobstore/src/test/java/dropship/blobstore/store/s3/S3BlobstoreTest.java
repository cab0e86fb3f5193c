package dropship.blobstore.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.store.BlobKey;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.model.MultipartUpload;

/** On a server in this process. What it forgives and MinIO does not shows in MinioBlobstoreTest. */
class S3BlobstoreTest extends S3Contract {
  private static S3Proxy server;
  private static S3Stand stand;

  @BeforeAll
  static void startServer() throws Exception {
    server =
        S3Proxy.builder()
            .blobStore(new TransientNio2BlobStore())
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(
                AuthenticationType.AWS_V2_OR_V4, S3Stand.ACCESS_KEY, S3Stand.SECRET_KEY)
            .build();
    server.start();
    var endpoint = URI.create("http://127.0.0.1:" + server.getPort());
    stand = new S3Stand(endpoint, S3Stand.ACCESS_KEY, S3Stand.SECRET_KEY);
  }

  @AfterAll
  static void stopServer() throws Exception {
    stand.close();
    server.stop();
  }

  @Override
  protected S3Stand stand() {
    return stand;
  }

  /** Not on MinIO, which lists the uploads to a whole key only, and sweeps by itself. */
  @Test
  void sweepsUploadsThatAreOldAndBelowItsPrefix() {
    var bucket = stand.newBucket();
    var below = new S3Blobstore(vertx, stand.connection, bucket, Optional.of(new BlobKey("ours")));
    for (var key : List.of("ours/half", "theirs/half")) {
      stand.connection.client().createMultipartUpload(b -> b.bucket(bucket).key(key)).join();
    }

    assertThat(await(below.sweep(Instant.now().minus(Duration.ofHours(1))))).isZero();
    assertThat(stand.uploads()).hasSize(2);

    assertThat(await(below.sweep(Instant.now().plus(Duration.ofHours(1))))).isEqualTo(1);
    assertThat(stand.uploads()).extracting(MultipartUpload::key).containsExactly("theirs/half");
  }
}
