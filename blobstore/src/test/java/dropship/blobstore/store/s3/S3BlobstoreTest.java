package dropship.blobstore.store.s3;

import dropship.blobstore.store.Blobstore;
import dropship.blobstore.store.BlobstoreContract;
import java.net.URI;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** On a server in this process. What it forgives and MinIO does not shows in MinioBlobstoreTest. */
class S3BlobstoreTest extends BlobstoreContract {
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
  protected Blobstore newStore() {
    return stand.newStore(vertx);
  }
}
