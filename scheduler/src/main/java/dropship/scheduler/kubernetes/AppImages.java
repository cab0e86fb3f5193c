package dropship.scheduler.kubernetes;

import dropship.scheduler.image.Droplet;
import dropship.scheduler.image.ImageUnknown;
import dropship.scheduler.image.Registry;
import dropship.scheduler.image.Rootfs;
import dropship.scheduler.lrp.Lifecycle;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** Which images are run: the kubelet's reference, and what it is made of. */
final class AppImages {
  private final Registry registry;

  AppImages(Registry registry) {
    this.registry = registry;
  }

  /**
   * A droplet's image is pinned to what it is made of now; anybody else's is what they have called
   * it.
   *
   * @param namespaceLabels which may say on what the apps of a space stand
   */
  AppImage of(Lifecycle lifecycle, Map<String, String> namespaceLabels) throws IOException {
    return switch (lifecycle) {
      case Lifecycle.Docker docker -> new AppImage(docker.image(), Optional.empty());
      case Lifecycle.Buildpack droplet -> {
        var rootfs = registry.rootfs();
        var stack = namespaceLabels.getOrDefault(Labels.STACK, rootfs.defaultStack());
        var version =
            Optional.ofNullable(namespaceLabels.get(Labels.PIN))
                .or(() -> rootfs.versionOf(stack))
                .orElseThrow(
                    () -> new ImageUnknown("no root file system of " + stack + " is active"));
        var id = new Droplet(droplet.dropletGuid(), droplet.dropletHash());
        var pinned = registry.resolve(id, new Rootfs(stack, version));
        yield new AppImage(pinned.reference(), Optional.of(pinned));
      }
    };
  }
}
