package dropship.registry.image;

import dropship.blobstore.content.Digest;
import dropship.blobstore.resource.DropletId;
import dropship.registry.oci.Descriptor;
import dropship.registry.oci.Manifest;
import dropship.registry.oci.MediaTypes;
import dropship.rootfs.catalog.RootfsId;
import dropship.rootfs.catalog.RootfsVersion;
import dropship.rootfs.layer.Layer;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A droplet on a root file system. A pure function of the two records: no setting and no version of
 * ours goes into it, so it has the same digest wherever and whenever it is made.
 *
 * @param config the bytes of its configuration
 * @param configDigest of the same
 * @param layers lowest first
 * @param manifest as nearly every client takes it
 * @param dockerManifest for clients that know only Docker's types: the same image with its layers
 *     uncompressed, because those types know no zstd
 */
public record Image(
    DropletId droplet,
    RootfsId rootfs,
    Buffer config,
    Digest configDigest,
    List<Layer> layers,
    Manifest manifest,
    Manifest dockerManifest) {

  static Image of(DropletId id, DropletRecord droplet, RootfsVersion rootfs) {
    var layers =
        Stream.concat(rootfs.allLayers(), droplet.layers().stream().map(DropletLayer::layer))
            .toList();
    var config = ImageConfig.of(id, droplet, rootfs, layers);
    var digest = Digest.of(config.getBytes());
    return new Image(
        id,
        rootfs.id(),
        config,
        digest,
        layers,
        Manifest.of(
            MediaTypes.OCI_MANIFEST,
            new Descriptor(MediaTypes.OCI_CONFIG, digest, config.length()),
            layers.stream()
                .map(layer ->
                    new Descriptor(layer.compression().mediaType(), layer.digest(), layer.size()))
                .toList()),
        Manifest.of(
            MediaTypes.DOCKER_MANIFEST,
            new Descriptor(MediaTypes.DOCKER_CONFIG, digest, config.length()),
            layers.stream()
                .map(layer ->
                    new Descriptor(
                        MediaTypes.DOCKER_LAYER, layer.diffId().digest(), layer.uncompressedSize()))
                .toList()));
  }

  /** About how much memory this takes, in bytes. */
  int weight() {
    return config.length() + manifest.bytes().length() + dockerManifest.bytes().length() + 1024;
  }

  /** The manifest that {@code digest} names. */
  public Optional<Manifest> manifest(Digest digest) {
    return Stream.of(manifest, dockerManifest)
        .filter(candidate -> candidate.digest().equals(digest))
        .findFirst();
  }

  /** What {@code digest} names among the blobs of this image. */
  public Optional<ImageBlob> blob(Digest digest) {
    if (digest.equals(configDigest)) {
      return Optional.of(new ImageBlob.Config(config));
    }
    var stored =
        layers.stream()
            .filter(layer -> layer.digest().equals(digest))
            .<ImageBlob>map(ImageBlob.Stored::new);
    var uncompressed =
        layers.stream()
            .filter(layer -> layer.diffId().digest().equals(digest))
            .<ImageBlob>map(ImageBlob.Uncompressed::new);
    return Stream.concat(stored, uncompressed).findFirst();
  }
}
