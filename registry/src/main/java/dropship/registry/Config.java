package dropship.registry;

import dropship.blobstore.bits.UploadLimit;
import dropship.blobstore.log.Logs;
import dropship.blobstore.resource.Droplets;
import dropship.blobstore.server.HttpLimits;
import dropship.blobstore.server.Shutdown;
import dropship.blobstore.server.Surface;
import dropship.blobstore.settings.Settings;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.s3.S3Connection;
import dropship.registry.image.DropletLayers;
import dropship.rootfs.catalog.RootfsCatalog;
import dropship.rootfs.catalog.RootfsId;
import dropship.rootfs.layer.Compression;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that can be configured. Read once, with all problems reported together.
 *
 * @param registry the kubelets' side
 * @param api the Cloud Controller's and the operators' side
 * @param signed signed URLs, if they are offered
 * @param ops for what watches over the server
 * @param droplets how large an upload may be
 */
record Config(
    Surface registry,
    Surface api,
    Optional<PublicSurface> signed,
    Surface ops,
    HttpLimits http,
    Store store,
    DropletLayers.Settings image,
    String defaultStack,
    RootfsCatalog.Settings rootfs,
    UploadLimit droplets,
    Droplets.Limits uploads,
    Gc gc,
    Shutdown shutdown,
    Logs logs) {

  private static final long MIB = 1L << 20;
  private static final int MOST_ENTRIES = 1 << 26;
  private static final int MOST_UPLOADS = 1024;

  /** What the start script and the client commands read. */
  private static final Set<String> OTHER_VARIABLES =
      Set.of(
          "DROPSHIP_JAVA_HOME",
          "DROPSHIP_JAVA_OPTIONS",
          "DROPSHIP_DIRECT_MEMORY",
          "DROPSHIP_SERVER",
          "DROPSHIP_USER",
          "DROPSHIP_PASSWORD_FILE",
          "DROPSHIP_CA",
          "DROPSHIP_CERTIFICATE",
          "DROPSHIP_KEY");

  /** Where everything is kept. */
  sealed interface Store {
    /** In memory, until the process ends. */
    record Memory() implements Store {}

    /** In a directory. */
    record Local(Path path) implements Store {}

    /**
     * In buckets of S3, or of what speaks its protocol.
     *
     * @param droplets where droplets are
     * @param ours where everything else is
     * @param cache where layers are kept that have been read; empty if they are not
     * @param scratch for files that need not survive the process; empty for a folder of its own
     */
    record S3(
        S3Connection.Settings connection,
        Place droplets,
        Place ours,
        Optional<Cache> cache,
        Optional<Path> scratch)
        implements Store {}

    /** The names in a configuration. */
    enum Type {
      LOCAL,
      MEMORY,
      S3
    }

    static Store from(Settings store) {
      return switch (store.about("where everything is kept").choice("type", Type.LOCAL)) {
        case MEMORY -> new Memory();
        case LOCAL -> new Local(store.about("the folder of a local store").path("path"));
        case S3 -> S3Store.from(store);
      };
    }
  }

  /**
   * What a store is spared by.
   *
   * @param path a folder for this process alone
   * @param size how much of the disk it may take, in bytes
   */
  record Cache(Path path, long size) {}

  /** A bucket, or what is below a prefix in it. */
  record Place(String bucket, Optional<BlobKey> prefix) {}

  /**
   * How what nothing needs any more is removed.
   *
   * @param every how often
   * @param grace for how long nothing must have needed it
   */
  record Gc(Duration every, Duration grace) {
    static Gc from(Settings gc) {
      return new Gc(
          gc.about("how often what nothing needs is looked for, by one of the servers of a store")
              .duration("every", Duration.ofHours(1)),
          gc.about(
                  "for how long nothing must have needed it before it is removed; more than twice"
                      + " what storing layers can take")
              .duration("grace", Duration.ofHours(1)));
    }
  }

  /** Reads a configuration file, over which environment variables have precedence. */
  static Config read(Path file, Map<String, String> environment) {
    return from(Settings.read(file, environment));
  }

  static Config from(Settings settings) {
    var registry = Surface.from(settings, "registry");
    var api = Surface.from(settings, "api");
    boolean allowShared =
        settings
            .section("api")
            .about(
                "whether it may share a listener with registry or public: the host is what clients"
                    + " say it is")
            .flag("allowShared", false);
    var signed = PublicSurface.from(settings);
    var ops = Surface.openFrom(settings, "ops");
    var image = settings.section("image");
    var compression =
        image
            .about("of layers; Docker before 23 takes no zstd")
            .choice("compression", Compression.ZSTD);
    var rootfs = settings.section("rootfs");
    var limits = settings.section("limits");
    var uploads = uploadsFrom(limits);
    var config =
        new Config(
            registry,
            api,
            signed,
            ops,
            HttpLimits.from(limits),
            Store.from(settings.section("store")),
            new DropletLayers.Settings(
                compression,
                image
                    .about("whether what changes rarely has layers of its own")
                    .flag("split", true),
                image
                    .about("what is too much for an image, inflated")
                    .size("maxUncompressedSize", 8192 * MIB),
                Math.min(
                    MOST_ENTRIES,
                    image
                        .about("how many files, folders and links are too many")
                        .count("maxEntries", 500_000))),
            rootfs
                .about("the stack of images whose tag names none")
                .text("stack", "cflinuxfs4", RootfsId.STACK, "a stack such as cflinuxfs4"),
            new RootfsCatalog.Settings(
                compression,
                rootfs
                    .about("how long a removed version stays pullable by who has pinned it")
                    .duration("retention", Duration.ofDays(30))),
            new UploadLimit(
                limits
                    .about("how large the upload of a droplet may be; 0B = any size")
                    .size("droplets", 1536 * MIB),
                uploads.patience()),
            uploads,
            Gc.from(settings.section("gc")),
            Shutdown.from(settings),
            Logs.from(settings));
    config.checkSharing(settings, allowShared);
    settings.rejectProblems();
    return config;
  }

  private static Droplets.Limits uploadsFrom(Settings limits) {
    return new Droplets.Limits(
        Math.clamp(
            limits
                .about(
                    "how many uploads, each with its conversion, run at once; as many again"
                        + " wait for their turn, more are refused with 503")
                .count("uploads", 32),
            1,
            MOST_UPLOADS),
        limits
            .about("how long an upload may bring next to nothing before it is given up")
            .duration("readTimeout", Duration.ofMinutes(1)));
  }

  /** Variables that look as if they were to replace a key, but replace none. */
  static List<String> mistakenVariables(Settings settings) {
    return settings.unknownVariables().stream()
        .filter(name -> !OTHER_VARIABLES.contains(name))
        .toList();
  }

  /** What clients know the registry by. */
  String registryName() {
    return registry.host().orElse(registry.listen().toString());
  }

  /** The surfaces; of several that answer a request, the first counts. */
  List<Surface> surfaces() {
    var surfaces = new ArrayList<>(List.of(ops, api));
    signed.ifPresent(each -> surfaces.add(each.surface()));
    surfaces.add(registry);
    return surfaces;
  }

  /** Surfaces may share a listener if clients' requests tell them apart, and it is safe. */
  private void checkSharing(Settings settings, boolean allowShared) {
    var all = surfaces();
    for (var one : all) {
      for (var other : all.subList(all.indexOf(one) + 1, all.size())) {
        if (one.listen().equals(other.listen()) && one.listen().port() != 0) {
          checkSharing(settings, one, other, allowShared);
        }
      }
    }
  }

  private void checkSharing(Settings settings, Surface one, Surface other, boolean allowShared) {
    if (one.equals(ops)) {
      settings
          .section("ops")
          .problem("listen", "expected another address than " + other.name() + ".listen");
      return;
    }
    if (one.equals(api) && !allowShared) {
      settings
          .section("api")
          .problem(
              "listen",
              ("is also %s.listen: whoever reaches that could name api's host and use it; expected"
                      + " an address of its own, or allowShared: true")
                  .formatted(other.name()));
    }
    for (var each : List.of(one, other)) {
      if (each.host().isEmpty() && !each.equals(registry)) {
        settings
            .section(each.name())
            .problem("host", "expected a host, as several surfaces share its listener");
      }
    }
    if (!one.tls().equals(other.tls())) {
      settings
          .section(other.name())
          .problem("tls", "expected the same as " + one.name() + ".tls, as they share a listener");
    }
  }
}
