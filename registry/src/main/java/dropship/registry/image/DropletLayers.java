package dropship.registry.image;

import dropship.registry.image.DropletLayer.Kind;
import dropship.rootfs.layer.Compression;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Turns a droplet (a gzipped tar of {@code ./app …}) into image layers rooted at {@code
 * /home/vcap}, in one pass over its bytes as they arrive:
 *
 * <pre>
 *   DropletTar ─▶ HomeEntries ─┬─▶ app layer, in the order of the droplet
 *                              └─▶ Spool ─(at the end)─▶ runtime and libraries layers, in one order
 * </pre>
 *
 * What is in a layer is decided by {@link HomeEntries}, in which one by {@link LayerRule}.
 */
public final class DropletLayers {
  /** Less than this, as a tar, is not worth a request of its own at each pull. */
  private static final long SMALLEST_LAYER = 64 * 1024;

  private final Settings settings;
  private final Path scratch;
  private final Executor executor;

  /**
   * What may be chosen.
   *
   * @param compression of the layers
   * @param split whether what changes rarely has layers of its own
   * @param maxUncompressedSize of a droplet's tar, in bytes
   * @param maxEntries of a droplet's tar
   */
  public record Settings(
      Compression compression, boolean split, long maxUncompressedSize, long maxEntries) {}

  /** A layer in a scratch file, which belongs to whoever got it. */
  record Scratch(DropletLayer layer, Path file) {}

  /** A droplet as layers, lowest first, and what else there was to learn on the way. */
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
    try (var conversion = new Conversion()) {
      return conversion.convert(droplet);
    }
  }

  private LayerTar newLayer() throws IOException {
    return new LayerTar(
        settings.compression, scratch.resolve(UUID.randomUUID().toString()), executor);
  }

  /** One droplet. */
  private final class Conversion implements AutoCloseable {
    private final HomeEntries entries =
        new HomeEntries(
            settings.maxEntries, settings.split ? LayerRule::of : path -> Kind.app, scratch);
    private final BitSet inApp = new BitSet();
    private final LayerTar app;
    private final Spool spool;
    private StagingInfo info = StagingInfo.NONE;

    Conversion() throws IOException {
      app = newLayer();
      spool = new Spool(settings.compression, scratch, executor);
    }

    Converted convert(InputStream droplet) throws IOException, UnsuitableDroplet {
      try (var from = new DropletTar(droplet, settings)) {
        for (var entry = from.next(); entry != null; entry = from.next()) {
          for (var kept : entries.keep(entry)) {
            if (kept.waits()) {
              spool.add(kept, from);
            } else {
              addToApp(kept, from);
            }
          }
        }
        from.end();
      }
      return new Converted(layers(), info, entries.leftOut());
    }

    private void addToApp(HomeEntry entry, DropletTar from) throws IOException, UnsuitableDroplet {
      var header = entry.header();
      var into = app.begin(header);
      if (isStagingInfo(header)) {
        var text = from.read(StagingInfo.LIMIT);
        into.write(text);
        info = StagingInfo.parse(text, header.getLastModifiedTime().toInstant());
      }
      if (header.getLinkFlag() == TarConstants.LF_NORMAL) {
        from.copyTo(into);
      }
      app.end();
      inApp.set(entry.number());
    }

    /** Writes the layers that are still to be written, all at once. */
    private List<Scratch> layers() throws IOException {
      try (var spooled = spool.read(entries.superseded())) {
        spooled.mergeSmallLayers(SMALLEST_LAYER);
        var shared = new SharedLayers(spool, spooled);
        var kinds = Stream.of(Kind.runtime, Kind.libraries).filter(spooled::has).toList();
        var layers = new ArrayList<CompletableFuture<Optional<Scratch>>>();
        for (var kind : kinds) {
          layers.add(begin(() -> Optional.of(sharedLayer(kind, shared))));
        }
        layers.add(begin(() -> appLayer(shared, kinds.isEmpty())));
        return all(layers);
      }
    }

    private Scratch sharedLayer(Kind kind, SharedLayers shared) throws IOException {
      try (var layer = newLayer()) {
        shared.write(kind, layer);
        return layer.finish(kind);
      }
    }

    private Optional<Scratch> appLayer(SharedLayers shared, boolean isOnly) throws IOException {
      boolean hasMore = shared.write(Kind.app, app);
      if (!hasMore && inApp.isEmpty() && !isOnly) {
        return Optional.empty();
      }
      var layer = app.finish(Kind.app);
      return Optional.of(entries.superseded().intersects(inApp) ? withoutSuperseded(layer) : layer);
    }

    /**
     * The same layer without entries that later ones replace. A layer must not name a path twice
     * (image-spec, "Distributable Format"), and a stream cannot know before its end that it does;
     * so for the rare droplet that does, its layer is read once more.
     */
    private Scratch withoutSuperseded(Scratch all) throws IOException {
      try (var once = newLayer();
          var from =
              new TarArchiveInputStream(
                  settings.compression.decompress(Files.newInputStream(all.file)), "UTF-8")) {
        for (int i = 0; i < LayerTar.COMMON; i++) {
          from.getNextEntry();
        }
        int number = inApp.nextSetBit(0);
        for (var entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
          if (number < 0 || !entries.superseded().get(number)) {
            once.add(LayerHeader.copyOf(entry), from); // reads no further than the entry
          }
          // What has waited comes last, and once.
          number = number < 0 ? number : inApp.nextSetBit(number + 1);
        }
        return once.finish(Kind.app);
      } finally {
        Files.delete(all.file);
      }
    }

    @Override
    public void close() throws IOException {
      try (entries;
          spool;
          app) {
        // Nothing to do but this.
      }
    }
  }

  private interface Writing<T> {
    T call() throws IOException;
  }

  private <T> CompletableFuture<T> begin(Writing<T> writing) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return writing.call();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        executor);
  }

  /** Waits for all of them. If one fails nothing is left of the others. */
  private static List<Scratch> all(List<CompletableFuture<Optional<Scratch>>> layers)
      throws IOException {
    var written = new ArrayList<Scratch>();
    var failure = Optional.<Throwable>empty();
    for (var layer : layers) {
      try {
        layer.join().ifPresent(written::add);
      } catch (CompletionException e) {
        failure = Optional.ofNullable(e.getCause());
      }
    }
    if (failure.isEmpty()) {
      return List.copyOf(written);
    }
    for (var layer : written) {
      Files.delete(layer.file);
    }
    throw failure.get() instanceof UncheckedIOException e
        ? e.getCause()
        : new IOException(failure.get());
  }

  private static boolean isStagingInfo(TarArchiveEntry header) {
    return header.getLinkFlag() == TarConstants.LF_NORMAL
        && header.getName().equals(HomeEntries.HOME + "/" + StagingInfo.FILE);
  }
}
