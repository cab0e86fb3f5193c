package dropship.registry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.blobstore.content.Digest;
import dropship.blobstore.resource.DropletId;
import dropship.registry.image.DropletLayer.Kind;
import dropship.registry.oci.MediaTypes;
import dropship.rootfs.catalog.RootfsVersion;
import dropship.rootfs.layer.Compression;
import dropship.rootfs.layer.DiffId;
import dropship.rootfs.layer.Layer;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageTest {
  private static final DropletId ID = new DropletId("guid", "hash");

  private final Image image = Image.of(ID, droplet(1), rootfs("amd64", 1, 1));

  /**
   * What clients have pinned by digest must stay there: a change here makes each pinned image
   * unknown. Whatever has to change goes into a new recipe, beside this one.
   */
  @Test
  void theBytesOfRecipe1NeverChange() {
    assertThat(image.config().toJsonObject()).isEqualTo(new JsonObject(CONFIG));
    assertThat(image.configDigest().value())
        .isEqualTo("sha256:fa09b23175f5fef0ab556fea90cfe559bd829a14900389310774c5d2050cf037");
    assertThat(image.manifest().digest().value())
        .isEqualTo("sha256:a64e0752a9ee4aedfa8fb6119eb9cecd4f72dc74e6766a90d37ed93b31aff882");
    assertThat(image.dockerManifest().digest().value())
        .isEqualTo("sha256:9830a6c7d9f3686aefb0b12f64e8ce26b4deb37bd385bf7817f472075aeed0ea");
  }

  @Test
  void aRecipeOfTheFutureIsRefused() {
    assertThatThrownBy(() -> Image.of(ID, droplet(1), rootfs("amd64", 2, 1)))
        .hasMessageContaining("newer Dropship")
        .hasMessageContaining("cflinuxfs4 1.0");
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 3", "5, 1", "4, 2", "1, 0"})
  void manifestsAndConfigNameTheSameLayers(int ofRootfs, int ofDroplet) {
    var image = Image.of(ID, droplet(ofDroplet), rootfs("amd64", 1, ofRootfs));
    int layers = ofRootfs + 1 + ofDroplet;
    var config = image.config().toJsonObject();
    var history = config.getJsonArray("history");
    assertThat(image.layers()).hasSize(layers);
    assertThat(config.getJsonObject("rootfs").getJsonArray("diff_ids")).hasSize(layers);
    assertThat(history).hasSize(layers);
    assertThat(history.getJsonObject(ofRootfs).getString("created_by"))
        .isEqualTo("dropship: lifecycle");
    assertThat(layersOf(image.manifest().bytes().toJsonObject()))
        .containsExactlyElementsOf(
            image.layers().stream().map(layer -> layer.digest().value()).toList());
    assertThat(layersOf(image.dockerManifest().bytes().toJsonObject()))
        .containsExactlyElementsOf(
            image.layers().stream().map(layer -> layer.diffId().toString()).toList());
  }

  @Test
  void theArchitectureIsThatOfTheRootFileSystem() {
    var config = Image.of(ID, droplet(1), rootfs("arm64", 1, 1)).config().toJsonObject();
    assertThat(config.getString("architecture")).isEqualTo("arm64");
    assertThat(config.getString("os")).isEqualTo("linux");
  }

  @Test
  void whatADropletDoesNotSayIsInNoLabel() {
    var silent =
        new DropletRecord(
            1,
            "",
            "",
            List.of(),
            "",
            Optional.empty(),
            Optional.empty(),
            Instant.EPOCH,
            Map.of(),
            Optional.empty());
    var config = Image.of(ID, silent, rootfs("amd64", 1, 1)).config().toJsonObject();
    assertThat(config.getString("created")).isEqualTo("1970-01-01T00:00:00Z");
    assertThat(config.getJsonObject("config").getJsonObject("Labels").fieldNames())
        .containsExactlyInAnyOrder(
            "dropship.droplet.guid",
            "dropship.droplet.hash",
            "dropship.rootfs.stack",
            "dropship.rootfs.version");
  }

  @Test
  void itIsTheSameWhenTheRootFileSystemHasBeenRemoved() {
    var rootfs = rootfs("amd64", 1, 1);
    var removed =
        new RootfsVersion(
            rootfs.stack(),
            rootfs.version(),
            rootfs.recipe(),
            rootfs.architecture(),
            rootfs.layers(),
            rootfs.lifecycle(),
            rootfs.source(),
            rootfs.imported().plusSeconds(1),
            Optional.of(Instant.EPOCH));
    assertThat(Image.of(ID, droplet(1), removed)).isEqualTo(image);
  }

  @Test
  void aManifestIsFoundByItsDigest() {
    assertThat(image.manifest(image.manifest().digest())).contains(image.manifest());
    assertThat(image.manifest(image.dockerManifest().digest()).orElseThrow().mediaType())
        .isEqualTo(MediaTypes.DOCKER_MANIFEST);
    assertThat(image.manifest(image.configDigest())).isEmpty();
  }

  @Test
  void aBlobIsFoundByEachOfItsDigests() {
    var layer = image.layers().getFirst();
    assertThat(image.blob(image.configDigest())).contains(new ImageBlob.Config(image.config()));
    assertThat(image.blob(layer.digest())).contains(new ImageBlob.Stored(layer));
    assertThat(image.blob(layer.diffId().digest())).contains(new ImageBlob.Uncompressed(layer));
    assertThat(image.blob(image.manifest().digest())).isEmpty();
  }

  @Test
  void aLayerThatIsNotCompressedIsSentAsItIsStored() {
    var digest = Digest.of("plain".getBytes());
    var plain = new Layer(Compression.NONE, digest, 5, new DiffId(digest), 5);
    var droplet = droplet(List.of(new DropletLayer(Kind.app, plain)));
    assertThat(Image.of(ID, droplet, rootfs("amd64", 1, 1)).blob(digest))
        .contains(new ImageBlob.Stored(plain));
  }

  private static List<String> layersOf(JsonObject manifest) {
    return manifest.getJsonArray("layers").stream()
        .map(layer -> ((JsonObject) layer).getString("digest"))
        .toList();
  }

  private static DropletRecord droplet(int layers) {
    return droplet(
        IntStream.range(0, layers)
            .mapToObj(i -> new DropletLayer(Kind.app, layer(Compression.ZSTD, "droplet" + i)))
            .toList());
  }

  private static DropletRecord droplet(List<DropletLayer> layers) {
    return new DropletRecord(
        47,
        "sha1",
        "sha256",
        layers,
        "codec",
        Optional.of("run \"it\" && <é>"),
        Optional.of("ruby"),
        Instant.parse("2024-05-06T07:08:09Z"),
        Map.of("fifo", 1),
        Optional.empty());
  }

  private static RootfsVersion rootfs(String architecture, int recipe, int layers) {
    return new RootfsVersion(
        "cflinuxfs4",
        "1.0",
        recipe,
        architecture,
        IntStream.range(0, layers).mapToObj(i -> layer(Compression.GZIP, "rootfs" + i)).toList(),
        layer(Compression.ZSTD, "lifecycle"),
        Digest.of("source".getBytes()),
        Instant.parse("2024-01-01T00:00:00Z"),
        Optional.empty());
  }

  private static Layer layer(Compression compression, String content) {
    return new Layer(
        compression,
        Digest.of(content.getBytes()),
        content.length(),
        new DiffId(Digest.of((content + " uncompressed").getBytes())),
        content.length() + 13L);
  }

  private static final String CONFIG =
      """
      {
        "created": "2024-05-06T07:08:09Z",
        "architecture": "amd64",
        "os": "linux",
        "config": {
          "User": "2000:2000",
          "ExposedPorts": {
            "8080/tcp": {}
          },
          "Env": [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/home/vcap/app",
            "USER=vcap",
            "LANG=C.UTF-8",
            "TMPDIR=/home/vcap/tmp",
            "DEPS_DIR=/home/vcap/deps",
            "PORT=8080"
          ],
          "Entrypoint": [
            "/lifecycle/launch"
          ],
          "WorkingDir": "/home/vcap/app",
          "Labels": {
            "dropship.droplet.guid": "guid",
            "dropship.droplet.hash": "hash",
            "dropship.rootfs.stack": "cflinuxfs4",
            "dropship.rootfs.version": "1.0",
            "dropship.buildpack": "ruby",
            "dropship.start-command": "run \\"it\\" && <é>"
          }
        },
        "rootfs": {
          "type": "layers",
          "diff_ids": [
            "sha256:9a8ed441bad82368569b315652e7eabfc1c25d087eb3cde7c212d64db74120c3",
            "sha256:8ea05708f908feeac7e68f5d18b5dc7c607f6b21103f2d2aa55f29da47cfc853",
            "sha256:0a67ac686ed1e47b1f26818cd80365f506abab2bb41b3f6a74a184627abd07e6"
          ]
        },
        "history": [
          {
            "created": "2024-05-06T07:08:09Z",
            "created_by": "dropship: root file system cflinuxfs4 1.0"
          },
          {
            "created": "2024-05-06T07:08:09Z",
            "created_by": "dropship: lifecycle"
          },
          {
            "created": "2024-05-06T07:08:09Z",
            "created_by": "dropship: droplet: app"
          }
        ]
      }
      """;
}
