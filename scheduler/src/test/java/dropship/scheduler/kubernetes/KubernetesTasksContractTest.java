package dropship.scheduler.kubernetes;

import dropship.scheduler.lrp.Tasks;
import dropship.scheduler.lrp.TasksContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Tasks that are Jobs keep the promises of those in memory. */
class KubernetesTasksContractTest extends TasksContract {
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
  protected Tasks tasks() {
    return fixture.tasks;
  }
}
