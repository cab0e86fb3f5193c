package dropship.registry;

import dropship.blobstore.settings.Settings;
import dropship.blobstore.store.BlobKey;
import dropship.blobstore.store.s3.S3Connection;
import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads how a store in S3 is configured. */
final class S3Store {
  private static final Pattern URL = Pattern.compile("https?://[^/?#\\s@]+/?");
  private static final String URL_EXPECTED = "a URL such as https://s3.example.com";
  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
  private static final String BUCKET_EXPECTED = "the name of a bucket";
  private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,63}");
  private static final Pattern ANY = Pattern.compile("\\S+");
  private static final int CONNECTIONS = 400;
  private static final int MOST_CONNECTIONS = 1 << 14;

  private S3Store() {}

  /** What S3 is to encrypt with. */
  enum Encryption {
    BUCKET,
    AES256,
    KMS
  }

  static Config.Store from(Settings store) {
    var s3 = store.section("s3");
    var bucket =
        s3.about("where everything is that has no other place")
            .text("bucket", BUCKET, BUCKET_EXPECTED);
    var prefix = prefixIn(s3, "what the keys of everything begin with", "nothing");
    var droplets = placeIn(store, "droplets", "droplets are", bucket, prefix, Stores.DROPLETS);
    var ours = placeIn(store, "dropship", "all but droplets is", bucket, prefix, Stores.OURS);
    if (droplets.equals(ours) && !bucket.isEmpty()) {
      store.problem("dropship", "expected another place than store.droplets");
    }
    return new Config.Store.S3(
        connectionFrom(s3),
        droplets,
        ours,
        cacheFrom(s3),
        store
            .about("a folder for files that are needed for a moment; of one server alone")
            .path("scratch", "a temporary folder, removed at the end"));
  }

  private static Config.Place placeIn(
      Settings store,
      String name,
      String what,
      String bucket,
      Optional<BlobKey> prefix,
      BlobKey below) {
    var place = store.section(name);
    var own =
        place.about("where " + what).text("bucket", BUCKET, BUCKET_EXPECTED, "store.s3.bucket");
    var ownPrefix =
        prefixIn(
            place,
            "what the keys there begin with",
            "nothing in a bucket of its own; else store.s3.prefix and " + below);
    if (own.isPresent() || ownPrefix.isPresent()) {
      return new Config.Place(own.orElse(bucket), ownPrefix);
    }
    return new Config.Place(
        bucket, Optional.of(prefix.map(before -> before.child(below.value())).orElse(below)));
  }

  private static Optional<BlobKey> prefixIn(Settings section, String meaning, String otherwise) {
    var text = section.about(meaning).text("prefix", ANY, "a key such as a/b", otherwise);
    if (text.isPresent() && !BlobKey.isWellFormed(text.get())) {
      section.problem("prefix", "expected a key such as a/b");
      return Optional.empty();
    }
    return text.map(BlobKey::new);
  }

  private static S3Connection.Settings connectionFrom(Settings s3) {
    var endpoint =
        s3.about("where it is")
            .text("endpoint", URL, URL_EXPECTED, "Amazon's of the region")
            .map(URI::create);
    var region =
        s3.about("which others than Amazon mostly ignore")
            .text("region", "us-east-1", REGION, "a region such as eu-central-1");
    boolean pathStyle =
        s3.about("whether buckets are in the path of URLs and not in their host: for most others")
            .flag("pathStyle", false);
    var keys = keysFrom(s3);
    var ca =
        s3.about("certificates of authorities, if the endpoint's is from none that all know")
            .file("ca", "what Java trusts");
    var encryption = encryptionFrom(s3);
    boolean redirect =
        s3.about("whether nodes fetch layers, and others droplets, from the store itself")
            .flag("redirect", false);
    var publicEndpoint =
        s3.about("where nodes reach the store, if elsewhere than we")
            .text("publicEndpoint", URL, URL_EXPECTED, "the endpoint")
            .map(URI::create);
    long connections =
        s3.about("how many there may be; each download has one").count("connections", CONNECTIONS);
    return new S3Connection.Settings(
        endpoint,
        region,
        pathStyle,
        keys,
        ca,
        encryption,
        redirect,
        publicEndpoint,
        Math.clamp(connections, 1, MOST_CONNECTIONS));
  }

  private static Optional<S3Connection.Keys> keysFrom(Settings s3) {
    var accessKey =
        s3.about("who we are there")
            .text("accessKey", ANY, "an access key", "what the environment or the machine says");
    var secretKey =
        s3.about("a file with the secret key and nothing else; read at the start")
            .file("secretKeyFile", "as for accessKey");
    if (accessKey.isPresent() && !s3.has("secretKeyFile")) {
      s3.problem("secretKeyFile", "expected a file, as there is an accessKey");
    }
    if (s3.has("secretKeyFile") && !s3.has("accessKey")) {
      s3.problem("accessKey", "expected an access key, as there is a secretKeyFile");
    }
    return accessKey.flatMap(key -> secretKey.map(file -> new S3Connection.Keys(key, file)));
  }

  private static Optional<Config.Cache> cacheFrom(Settings s3) {
    var cache = s3.section("cache");
    var path =
        cache
            .about(
                "a folder where layers that were read stay, for as long as they fit; survives"
                    + " restarts, is of one server alone")
            .path("path", "no cache");
    var size = cache.about("how much of the disk it may take").size("size", "no cache");
    if (size.isPresent() && !cache.has("path")) {
      cache.problem("path", "expected a folder, as there is a size");
    }
    if (path.isPresent() && !cache.has("size")) {
      cache.problem("size", "expected a size such as 20GiB, as there is a path");
    }
    return path.flatMap(folder -> size.map(bytes -> new Config.Cache(folder, bytes)));
  }

  private static Optional<S3Connection.Encryption> encryptionFrom(Settings s3) {
    var encryption =
        s3.about("what objects are encrypted with: the bucket's own, or keys of S3 or of KMS")
            .choice("encryption", Encryption.BUCKET);
    var kmsKey = s3.about("for kms").text("kmsKeyId", ANY, "a key's id", "the account's own");
    if (kmsKey.isPresent() && encryption != Encryption.KMS) {
      s3.problem("kmsKeyId", "expected encryption: kms beside it");
    }
    return switch (encryption) {
      case BUCKET -> Optional.empty();
      case AES256 -> Optional.of(new S3Connection.Encryption("AES256", Optional.empty()));
      case KMS -> Optional.of(new S3Connection.Encryption("aws:kms", kmsKey));
    };
  }
}
