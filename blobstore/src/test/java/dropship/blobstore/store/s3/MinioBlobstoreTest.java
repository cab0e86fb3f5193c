package dropship.blobstore.store.s3;

import java.io.IOException;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.MinIOContainer;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.utility.DockerImageName;

/** On MinIO, where there is a Docker to run it. */
@Testcontainers(disabledWithoutDocker = true)
class MinioBlobstoreTest extends S3Contract {
  @Container
  private static final MinIOContainer MINIO =
      new MinIOContainer(
          DockerImageName.parse(System.getProperty("minio.image"))
              .asCompatibleSubstituteFor("minio/minio"));

  private static S3Stand stand;

  @BeforeAll
  static void connect() throws IOException {
    stand = new S3Stand(URI.create(MINIO.getS3URL()), MINIO.getUserName(), MINIO.getPassword());
  }

  @AfterAll
  static void close() {
    stand.close();
  }

  @Override
  protected S3Stand stand() {
    return stand;
  }
}
