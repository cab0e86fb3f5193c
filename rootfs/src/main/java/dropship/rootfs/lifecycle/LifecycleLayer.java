package dropship.rootfs.lifecycle;

import dropship.rootfs.layer.Compression;
import dropship.rootfs.layer.Layer;
import dropship.rootfs.layer.LayerWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * The layer between root file system and droplet. It brings {@code /lifecycle/launch}, the script
 * that starts the app, and the home directory of the app's user; so any stock root file system will
 * do.
 *
 * <p>Its bytes depend on the script and the compression alone. A version of a root file system
 * keeps the layer it was imported with, so a changed script changes no image that exists.
 */
public final class LifecycleLayer {
  /**
   * Which script, environment and labels an image is made with; raise it when one of them changes.
   */
  public static final int RECIPE = 1;

  /** Where the script is in the image; its entrypoint. */
  public static final String LAUNCH = "/lifecycle/launch";

  /** The numeric user and group an app runs as, {@code vcap} in Cloud Foundry's stacks. */
  public static final int VCAP = 2000;

  private LifecycleLayer() {}

  /** Writes the layer to {@code file}, which must not exist. Blocks. */
  public static Layer write(Compression compression, Path file, Executor executor)
      throws IOException {
    try (var layer = new LayerWriter(compression, file, executor);
        var tar = new TarArchiveOutputStream(layer, "UTF-8")) {
      directory(tar, "home/", 0);
      directory(tar, "home/vcap/", VCAP);
      directory(tar, "lifecycle/", 0);
      var script = launchScript();
      var entry = entry("lifecycle/launch", 0);
      entry.setSize(script.length);
      tar.putArchiveEntry(entry);
      tar.write(script);
      tar.closeArchiveEntry();
      tar.finish();
      tar.flush();
      return layer.finish();
    }
  }

  private static void directory(TarArchiveOutputStream tar, String name, int owner)
      throws IOException {
    tar.putArchiveEntry(entry(name, owner));
    tar.closeArchiveEntry();
  }

  private static TarArchiveEntry entry(String name, int owner) {
    var entry = new TarArchiveEntry(name);
    entry.setMode(0755);
    entry.setIds(owner, owner);
    entry.setNames("", "");
    entry.setModTime(0);
    return entry;
  }

  private static byte[] launchScript() {
    try (var script = LifecycleLayer.class.getResourceAsStream("launch")) {
      return Objects.requireNonNull(script, "the jar has no launch script").readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
