package dropship.registry;

import dropship.blobstore.bits.UploadLimit;
import dropship.blobstore.settings.Settings;
import dropship.registry.image.DropletLayers;
import dropship.registry.server.Surface;
import dropship.rootfs.catalog.RootfsCatalog;
import dropship.rootfs.catalog.RootfsId;
import dropship.rootfs.layer.Compression;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Everything that can be configured. Read once, with all problems reported together.
 *
 * @param registry the kubelets' side
 * @param registryName what clients know the registry by, {@code host:port}
 * @param api the Cloud Controller's and the operators' side
 * @param ops for what watches over the server
 */
record Config(
    Surface registry,
    String registryName,
    Surface api,
    Surface ops,
    Store store,
    DropletLayers.Settings image,
    String defaultStack,
    RootfsCatalog.Settings rootfs,
    UploadLimit droplets) {

  private static final long MIB = 1L << 20;
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.-]+(:\\d{1,5})?");
  private static final int MOST_ENTRIES = 1 << 28;

  /** Where everything is kept. */
  sealed interface Store {
    /** In memory, until the process ends. */
    record Memory() implements Store {}

    /** In a directory. */
    record Local(Path path) implements Store {}

    /** The names in a configuration. */
    enum Type {
      LOCAL,
      MEMORY
    }

    static Store from(Settings store) {
      return switch (store.choice("type", Type.LOCAL)) {
        case MEMORY -> new Memory();
        case LOCAL -> new Local(store.path("path"));
      };
    }
  }

  /** Reads a configuration file, over which environment variables have precedence. */
  static Config read(Path file, Map<String, String> environment) {
    return from(Settings.read(file, environment));
  }

  static Config from(Settings settings) {
    var registry = Surface.from(settings, "registry");
    var image = settings.section("image");
    var compression = image.choice("compression", Compression.ZSTD);
    var rootfs = settings.section("rootfs");
    var config =
        new Config(
            registry,
            settings
                .section("registry")
                .text("host", registry.listen().toString(), HOST, "a host name"),
            Surface.from(settings, "api"),
            Surface.openFrom(settings, "ops"),
            Store.from(settings.section("store")),
            new DropletLayers.Settings(
                compression,
                image.size("maxUncompressedSize", 8192 * MIB),
                Math.min(MOST_ENTRIES, image.count("maxEntries", 500_000))),
            stackIn(rootfs),
            new RootfsCatalog.Settings(
                compression, rootfs.duration("retention", Duration.ofDays(30))),
            new UploadLimit(settings.section("limits").size("droplets", 1536 * MIB)));
    settings.rejectProblems();
    return config;
  }

  private static String stackIn(Settings rootfs) {
    return rootfs.text("stack", "cflinuxfs4", RootfsId.STACK, "a stack such as cflinuxfs4");
  }
}
