package dropship.registry.image;

import dropship.blobstore.resource.DropletId;
import dropship.rootfs.catalog.RootfsVersion;
import dropship.rootfs.layer.Layer;
import dropship.rootfs.lifecycle.LifecycleLayer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The configuration of an image (image-spec, "Image Configuration"). Made by the recipe that the
 * root file system was imported with: a change here is a new recipe beside the old one, because the
 * bytes are what pinned digests rest on.
 */
final class ImageConfig {
  private static final String HOME = "/home/vcap";

  private ImageConfig() {}

  static Buffer of(DropletId id, DropletRecord droplet, RootfsVersion rootfs, List<Layer> layers) {
    return switch (rootfs.recipe()) {
      case 1 -> recipe1(id, droplet, rootfs, layers);
      default ->
          throw new IllegalStateException(
              "the root file system %s was imported by a newer Dropship: its recipe is %d, expected at most %d"
                  .formatted(rootfs.id(), rootfs.recipe(), LifecycleLayer.RECIPE));
    };
  }

  private static Buffer recipe1(
      DropletId id, DropletRecord droplet, RootfsVersion rootfs, List<Layer> layers) {
    var user = LifecycleLayer.VCAP + ":" + LifecycleLayer.VCAP; // numeric, as runAsNonRoot wants it
    var created = droplet.created().toString();
    var process =
        new JsonObject()
            .put("User", user)
            .put("ExposedPorts", new JsonObject().put("8080/tcp", new JsonObject()))
            .put(
                "Env",
                JsonArray.of(
                    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "HOME=" + HOME + "/app",
                    "USER=vcap",
                    "LANG=C.UTF-8",
                    "TMPDIR=" + HOME + "/tmp",
                    "DEPS_DIR=" + HOME + "/deps",
                    "PORT=8080"))
            .put("Entrypoint", JsonArray.of(LifecycleLayer.LAUNCH))
            .put("WorkingDir", HOME + "/app")
            .put("Labels", labels1(id, droplet, rootfs));
    return new JsonObject()
        .put("created", created)
        .put("architecture", rootfs.architecture())
        .put("os", "linux")
        .put("config", process)
        .put(
            "rootfs",
            new JsonObject()
                .put("type", "layers")
                .put(
                    "diff_ids",
                    new JsonArray(
                        layers.stream().map(layer -> layer.diffId().toString()).toList())))
        .put("history", history1(created, droplet, rootfs))
        .toBuffer();
  }

  private static JsonObject labels1(DropletId id, DropletRecord droplet, RootfsVersion rootfs) {
    var labels =
        new JsonObject()
            .put("dropship.droplet.guid", id.guid())
            .put("dropship.droplet.hash", id.hash())
            .put("dropship.rootfs.stack", rootfs.stack())
            .put("dropship.rootfs.version", rootfs.version());
    droplet.buildpack().ifPresent(name -> labels.put("dropship.buildpack", name));
    droplet.startCommand().ifPresent(command -> labels.put("dropship.start-command", command));
    return labels;
  }

  /** One entry a layer, in the layers' order. */
  private static JsonArray history1(String created, DropletRecord droplet, RootfsVersion rootfs) {
    var history = new JsonArray();
    rootfs.layers().forEach(layer -> history.add(step(created, "root file system " + rootfs.id())));
    history.add(step(created, "lifecycle"));
    droplet.layers().forEach(layer -> history.add(step(created, "droplet: " + layer.kind())));
    return history;
  }

  private static JsonObject step(String created, String by) {
    return new JsonObject().put("created", created).put("created_by", "dropship: " + by);
  }
}
