package dropship.scheduler.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RegistryTest {
  private static final Droplet DROPLET = new Droplet("guid", "hash");

  private InMemoryRegistry server;
  private Registry registry;

  @BeforeEach
  void serve() throws IOException {
    server = new InMemoryRegistry();
    registry = server.client();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void pinsADropletToTheDigestOfItsImageOnOneRootfs() throws IOException {
    var digest = InMemoryRegistry.digest("guid", "hash.stack-1");
    assertThat(registry.resolve(DROPLET, new Rootfs("stack", "1")))
        .isEqualTo(
            new PinnedImage(
                "registry.example.com:5000/cloudfoundry/guid@" + digest,
                new Rootfs("stack", "1"),
                digest));
  }

  @Test
  void isAskedOnceForWhatIsKnown() throws IOException {
    registry.resolve(DROPLET, new Rootfs("stack", "1"));
    registry.resolve(DROPLET, new Rootfs("stack", "1"));
    assertThat(server.questions()).isEqualTo(1);
    registry.resolve(DROPLET, new Rootfs("stack", "2"));
    assertThat(server.questions()).isEqualTo(2);
  }

  @Test
  void isAskedOnceByAllWhoAskAtOnce() throws Exception {
    server.answerAfter(Duration.ofMillis(300));
    var questions = new ArrayList<Callable<Object>>();
    for (int i = 0; i < 50; i++) {
      questions.add(registry::rootfs);
      questions.add(() -> registry.resolve(DROPLET, new Rootfs("stack", "1")));
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var answer : threads.invokeAll(questions)) {
        answer.get();
      }
    }
    assertThat(server.questions()).isEqualTo(2);
  }

  @Test
  void knowsWhichRootfsIsActiveAndWhichWasBefore() throws IOException {
    var rootfs = registry.rootfs();
    assertThat(rootfs.defaultStack()).isEqualTo("stack");
    assertThat(rootfs.versionOf("stack")).contains("1");
    assertThat(rootfs.previousOf("stack")).contains("0");
    assertThat(rootfs.versionOf("empty")).isEmpty();
    assertThat(rootfs.versionOf("another")).isEmpty();
    assertThat(rootfs).hasToString("stack=1");
  }

  @Test
  void whatHasBeenActivatedHereIsKnownAtOnce() throws IOException {
    registry.rootfs();
    registry.activate(new Rootfs("stack", "2"));
    assertThat(registry.rootfs().versionOf("stack")).contains("2");
    assertThat(registry.rootfs().previousOf("stack")).contains("1");
  }

  @Test
  void saysWhyAVersionCannotBeActivated() {
    assertThatThrownBy(() -> registry.activate(new Rootfs("stack", "none")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no such version");
  }

  @Test
  void whatTheRegistryDoesNotHaveYetIsUnknownAndAskedForAgain() throws IOException {
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> registry.resolve(DROPLET, new Rootfs("other", "1")))
          .isInstanceOf(ImageUnknown.class)
          .hasMessageContaining("guid/hash")
          .hasMessageContaining("manifest unknown: hash.other-1");
    }
    assertThat(server.questions()).isEqualTo(4);
  }

  @Test
  void passesOnWhyADropletIsUnsuitable() {
    server.isUnsuitable("guid", "../escape climbs out");
    assertThatThrownBy(() -> registry.resolve(DROPLET, new Rootfs("stack", "1")))
        .isInstanceOf(DropletUnsuitable.class)
        .hasMessageContaining("../escape climbs out");
  }

  @Test
  void aFailureIsNotKept() throws IOException {
    server.setBroken(true);
    assertThatThrownBy(() -> registry.resolve(DROPLET, new Rootfs("stack", "1")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("503")
        .hasMessageContaining("the store does not answer");
    assertThatThrownBy(registry::rootfs).isInstanceOf(IOException.class);
    server.setBroken(false);
    assertThat(registry.resolve(DROPLET, new Rootfs("stack", "1")).rootfs()).hasToString("stack/1");
    assertThat(registry.rootfs().versionOf("stack")).contains("1");
  }

  @Test
  void whatCanNameNoImageIsNotAskedFor() {
    assertThatThrownBy(
            () -> registry.resolve(new Droplet("../x", "hash"), new Rootfs("stack", "1")))
        .isInstanceOf(ImageUnknown.class);
    assertThat(server.questions()).isZero();
  }
}
