package dropship.rootfs.catalog;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dropship.blobstore.content.Digest;
import dropship.rootfs.layer.Layer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A version of a root file system, as its record in the store has it. All but {@code removed} is
 * fixed at import: images are functions of this record and a droplet's, so their digests never
 * change.
 *
 * @param recipe see {@code LifecycleLayer.RECIPE}
 * @param architecture of the programs in it, as Go calls it: {@code amd64}, {@code arm64}
 * @param layers of the root file system, lowest first
 * @param lifecycle the layer that goes above them
 * @param source digest of the file that was imported
 * @param removed since when no new use is made of it
 */
public record RootfsVersion(
    String stack,
    String version,
    int recipe,
    String architecture,
    List<Layer> layers,
    Layer lifecycle,
    Digest source,
    Instant imported,
    Optional<Instant> removed) {

  @JsonIgnore
  public RootfsId id() {
    return new RootfsId(stack, version);
  }

  /** Everything below a droplet, lowest first. */
  public Stream<Layer> allLayers() {
    return Stream.concat(layers.stream(), Stream.of(lifecycle));
  }

  RootfsVersion removedAt(Optional<Instant> when) {
    return new RootfsVersion(
        stack, version, recipe, architecture, layers, lifecycle, source, imported, when);
  }
}
