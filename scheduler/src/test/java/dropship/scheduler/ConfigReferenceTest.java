package dropship.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What people read about the configuration is what the code reads. */
class ConfigReferenceTest {

  @Test
  void isWhatTheDocumentationHas() {
    assertThat(Path.of("..", "docs", "scheduler-configuration.md"))
        .as("make it anew: ./dropship scheduler --reference > docs/scheduler-configuration.md")
        .content()
        .isEqualTo(ConfigReference.markdown());
  }

  @Test
  void saysWhatEveryKeyIsFor() {
    assertThat(ConfigReference.keys().values())
        .allSatisfy(key -> assertThat(key.meaning()).as(key.name()).isNotBlank());
  }

  @Test
  void knowsKeysThatAreRarelySet() {
    assertThat(ConfigReference.keys().keySet())
        .contains(
            "opi.tls.clientCa",
            "registry.passwordFile",
            "kubernetes.systemNamespace",
            "cloudController.tls.ca",
            "lrps.drain",
            "tasks.memory",
            "networkPolicies.router.pods",
            "networkPolicies.blockedEgress",
            "rollout.prePull",
            "limits.headers",
            "shutdown.delay",
            "log.level");
  }
}
