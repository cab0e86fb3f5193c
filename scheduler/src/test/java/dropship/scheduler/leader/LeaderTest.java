package dropship.scheduler.leader;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.scheduler.kubernetes.Connection;
import dropship.scheduler.kubernetes.InMemoryKubernetes;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaderTest {
  @TempDir private Path directory;
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

  private String next() throws InterruptedException {
    return String.valueOf(heard.poll(60, TimeUnit.SECONDS));
  }

  @Test
  void oneLeadsUntilItEndsAndThenAnother() throws Exception {
    try (var kubernetes = new InMemoryKubernetes();
        var client = Connection.open(Optional.of(kubernetes.kubeconfig(directory)));
        var one = new Leader(client, "cf", () -> heard.add("one"), () -> heard.add("not one"));
        var two = new Leader(client, "cf", () -> heard.add("two"), () -> heard.add("not two"))) {
      client
          .resource(new NamespaceBuilder().withNewMetadata().withName("cf").endMetadata().build())
          .create();
      one.start();
      assertThat(next()).isEqualTo("one");
      two.start();
      assertThat(one.isLeading()).isTrue();
      assertThat(heard.poll(5, TimeUnit.SECONDS)).as("one goes on").isNull();
      assertThat(two.isLeading()).isFalse();
      one.close();
      assertThat(next()).isEqualTo("not one");
      assertThat(next()).isEqualTo("two");
    }
  }

  @Test
  void leadsNoMoreWhileTheRequestToRenewTheLeaseHangs() throws Exception {
    try (var kubernetes = new InMemoryKubernetes();
        var client = Connection.open(Optional.of(kubernetes.kubeconfig(directory)));
        var leader = new Leader(client, "cf", () -> heard.add("leads"), () -> heard.add("not"))) {
      client
          .resource(new NamespaceBuilder().withNewMetadata().withName("cf").endMetadata().build())
          .create();
      leader.start();
      assertThat(next()).isEqualTo("leads");
      kubernetes.delay(".*leases.*", Duration.ofSeconds(12));
      var hangs = Instant.now();
      assertThat(next()).isEqualTo("not");
      assertThat(Duration.between(hangs, Instant.now()))
          .as("before another may take the Lease")
          .isLessThan(Duration.ofSeconds(15));
      kubernetes.heal();
      assertThat(next()).isEqualTo("leads");
    }
  }
}
