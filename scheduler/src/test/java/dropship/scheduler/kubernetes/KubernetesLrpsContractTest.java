package dropship.scheduler.kubernetes;

import dropship.scheduler.lrp.Lrps;
import dropship.scheduler.lrp.LrpsContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What is kept in Kubernetes keeps the promises of what is kept in memory. */
class KubernetesLrpsContractTest extends LrpsContract {
  private KubernetesFixture fixture;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    fixture = KubernetesFixture.started(directory);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Override
  protected Lrps lrps() {
    return fixture.lrps;
  }
}
