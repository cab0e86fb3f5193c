package dropship.registry.image;

import static org.apache.commons.compress.archivers.tar.TarArchiveOutputStream.BIGNUMBER_POSIX;
import static org.apache.commons.compress.archivers.tar.TarArchiveOutputStream.LONGFILE_POSIX;

import dropship.registry.image.DropletLayer.Kind;
import dropship.rootfs.layer.Compression;
import dropship.rootfs.layer.LayerWriter;
import dropship.rootfs.lifecycle.LifecycleLayer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Turns a droplet (a gzipped tar of {@code ./app …}) into image layers rooted at {@code
 * /home/vcap}, in one pass over its bytes as they arrive. What is in a layer is decided by {@link
 * HomeEntries}.
 */
public final class DropletLayers {
  private final Settings settings;
  private final Path scratch;
  private final Executor executor;

  /**
   * What may be chosen.
   *
   * @param compression of the layers
   * @param maxUncompressedSize of a droplet's tar, in bytes
   * @param maxEntries of a droplet's tar
   */
  public record Settings(Compression compression, long maxUncompressedSize, long maxEntries) {}

  /** A layer in a scratch file, which belongs to whoever got it. */
  record Scratch(DropletLayer layer, Path file) {}

  /** A droplet as layers, and what else there was to learn on the way. */
  record Converted(List<Scratch> layers, StagingInfo info, Map<String, Integer> leftOut) {}

  DropletLayers(Settings settings, Path scratch, Executor executor) {
    this.settings = settings;
    this.scratch = scratch;
    this.executor = executor;
  }

  String codec() {
    return settings.compression.codec();
  }

  /**
   * Converts {@code droplet}, reading no further than it must. Blocks.
   *
   * @throws UnsuitableDroplet if no image can be made of these bytes
   * @throws IOException if scratch space fails; what the droplet itself throws is unsuitable
   */
  Converted convert(InputStream droplet) throws IOException, UnsuitableDroplet {
    var file = scratch.resolve(UUID.randomUUID().toString());
    var entries = new HomeEntries(settings.maxEntries);
    try (var layer = new LayerWriter(settings.compression, file, executor)) {
      var info = copy(droplet, entries, newTar(layer));
      var all = new Scratch(new DropletLayer(Kind.app, layer.finish()), file);
      var wanted =
          entries.superseded().isEmpty() ? all : withoutSuperseded(all, entries.superseded());
      return new Converted(List.of(wanted), info, entries.leftOut());
    }
  }

  private static TarArchiveOutputStream newTar(LayerWriter layer) throws IOException {
    var tar = new TarArchiveOutputStream(layer, "UTF-8");
    tar.setLongFileMode(LONGFILE_POSIX);
    tar.setBigNumberMode(BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
    return tar;
  }

  private StagingInfo copy(InputStream droplet, HomeEntries entries, TarArchiveOutputStream into)
      throws IOException, UnsuitableDroplet {
    writeAncestors(into);
    var info = StagingInfo.NONE;
    try (var from = new DropletTar(droplet, settings)) {
      for (var entry = from.next(); entry != null; entry = from.next()) {
        var kept = entries.keep(entry);
        if (kept.isPresent()) {
          into.putArchiveEntry(kept.get());
          if (isStagingInfo(kept.get())) {
            var text = from.read(StagingInfo.LIMIT);
            into.write(text);
            info = StagingInfo.parse(text, kept.get().getLastModifiedTime().toInstant());
          }
          if (isRegularFile(kept.get())) {
            from.copyTo(into);
          }
          into.closeArchiveEntry();
        }
      }
      from.end();
    }
    into.finish();
    return info;
  }

  /** Every layer says what its parents are like, so that layers can be unpacked in any company. */
  private static void writeAncestors(TarArchiveOutputStream into) throws IOException {
    for (var directory : List.of("home/", "home/vcap/")) {
      int owner = directory.equals("home/") ? 0 : LifecycleLayer.VCAP;
      var entry = new TarArchiveEntry(directory);
      entry.setMode(0755);
      entry.setIds(owner, owner);
      entry.setNames("", "");
      entry.setModTime(0);
      into.putArchiveEntry(entry);
      into.closeArchiveEntry();
    }
  }

  private static boolean isRegularFile(TarArchiveEntry kept) {
    return kept.getLinkFlag() == TarConstants.LF_NORMAL;
  }

  private static boolean isStagingInfo(TarArchiveEntry kept) {
    return isRegularFile(kept) && kept.getName().equals("home/vcap/" + StagingInfo.FILE);
  }

  /**
   * The same layer without entries that later ones replace. A layer must not name a path twice
   * (image-spec, "Distributable Format"), and a stream cannot know before its end that it does; so
   * for the rare droplet that does, its layer is read once more.
   */
  private Scratch withoutSuperseded(Scratch all, BitSet superseded) throws IOException {
    var file = scratch.resolve(UUID.randomUUID().toString());
    try (var layer = new LayerWriter(settings.compression, file, executor);
        var from =
            new TarArchiveInputStream(
                settings.compression.decompress(Files.newInputStream(all.file)), "UTF-8")) {
      var into = newTar(layer);
      int index = -2; // the ancestors come first
      for (var entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
        if (index < 0 || !superseded.get(index)) {
          into.putArchiveEntry(entry);
          from.transferTo(into);
          into.closeArchiveEntry();
        }
        index++;
      }
      into.finish();
      return new Scratch(new DropletLayer(all.layer.kind(), layer.finish()), file);
    } finally {
      Files.delete(all.file);
    }
  }
}
