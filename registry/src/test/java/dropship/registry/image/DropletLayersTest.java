package dropship.registry.image;

import static dropship.registry.image.Tars.DIRECTORY;
import static dropship.registry.image.Tars.FILE;
import static dropship.registry.image.Tars.SYMLINK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.blobstore.content.Digest;
import dropship.registry.image.DropletLayers.Converted;
import dropship.rootfs.layer.Compression;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DropletLayersTest {
  @TempDir Path scratch;

  @Test
  void aLayerBeginsWithItsParentsAndKeepsTheOrderOfTheDroplet() throws Exception {
    var layer =
        Tars.layerOf(
            convert(
                Tars.droplet()
                    .file("./app/z", "zett")
                    .file("./app/a", "")
                    .symlink("./app/l", "/home/vcap/deps")
                    .link("./app/h", "./app/z")
                    .directory("./tmp/")));
    assertThat(layer.stream().map(Tars.Entry::name))
        .containsExactly(
            "home/",
            "home/vcap/",
            "home/vcap/app/",
            "home/vcap/app/z",
            "home/vcap/app/a",
            "home/vcap/app/l",
            "home/vcap/app/h",
            "home/vcap/tmp/");
    assertThat(layer.get(3).text()).isEqualTo("zett");
    assertThat(layer.get(4).text()).isEmpty();
    assertThat(layer.get(5).header().getLinkName()).isEqualTo("/home/vcap/deps");
    assertThat(layer.get(6).header().getLinkName()).isEqualTo("home/vcap/app/z");
  }

  @Test
  void theParentsAreTheSameInEveryLayer() throws Exception {
    var layer = Tars.layerOf(convert(new Tars()));
    assertThat(layer.stream().map(entry -> entry.header().getLongUserId()))
        .containsExactly(0L, 2000L);
    assertThat(layer)
        .allSatisfy(entry -> {
          assertThat(entry.type()).isEqualTo(DIRECTORY);
          assertThat(entry.header().getMode()).isEqualTo(0755);
          assertThat(entry.header().getUserName()).isEmpty();
          assertThat(entry.header().getLastModifiedTime().toMillis()).isZero();
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {80, 90, 99, 100, 101, 155, 254, 255, 256, 1000, 4000})
  void namesOfAnyLengthArrive(int length) throws Exception {
    var name = "app/" + "d/".repeat((length - 4) / 2) + (length % 2 == 0 ? "xy" : "x");
    var tar = Tars.droplet().file(name, "content").link("app/hard", name).symlink("app/soft", name);
    var converted = convert(tar);
    assertThat(Tars.only(converted, "home/vcap/" + name).text()).isEqualTo("content");
    assertThat(Tars.only(converted, "home/vcap/app/hard").header().getLinkName())
        .isEqualTo("home/vcap/" + name);
    assertThat(Tars.only(converted, "home/vcap/app/soft").header().getLinkName()).isEqualTo(name);
  }

  @Test
  void longNamesInTheGnuStyleArrive() throws Exception {
    var name = "app/" + "ü/".repeat(150);
    var converted =
        convert(Tars.droplet().longNamesInGnuStyle().file(name + "x", "").directory(name));
    assertThat(Tars.only(converted, "home/vcap/" + name + "x").type()).isEqualTo(FILE);
    assertThat(Tars.only(converted, "home/vcap/" + name).type()).isEqualTo(DIRECTORY);
  }

  @Test
  void namesInAnyScriptArrive() throws Exception {
    var converted = convert(Tars.droplet().file("app/Ω/💧/é/日本", "text").symlink("app/ß", "Ω/💧"));
    assertThat(Tars.only(converted, "home/vcap/app/Ω/💧/é/日本").text()).isEqualTo("text");
    assertThat(Tars.only(converted, "home/vcap/app/ß").header().getLinkName()).isEqualTo("Ω/💧");
  }

  @Test
  void attributesThatOnlyTheStagingMachineUnderstandsAreDropped() throws Exception {
    var converted =
        convert(
            Tars.droplet()
                .pax(
                    "SCHILY.xattr.security.capability=\u0001",
                    "SCHILY.xattr.user.note=text",
                    "LIBARCHIVE.creationtime=17",
                    "atime=17.5",
                    "mtime=1700000000.25",
                    "comment=text")
                .file("app/x", "text"));
    var kept = Tars.only(converted, "home/vcap/app/x");
    assertThat(kept.header().getExtraPaxHeaders()).isEmpty();
    assertThat(kept.text()).isEqualTo("text");
    assertThat(digestOf(converted))
        .as("with no headers but the common ones")
        .isEqualTo(digestOf(convert(Tars.droplet().file("app/x", "text"))));
  }

  @Test
  void filesThatNobodyMayWriteArriveSo() throws Exception {
    var file = Tars.entry("app/key", FILE);
    file.setMode(0400);
    assertThat(Tars.only(convert(Tars.droplet().add(file, new byte[] {1})), "home/vcap/app/key"))
        .satisfies(kept -> assertThat(kept.header().getMode()).isEqualTo(0400))
        .satisfies(kept -> assertThat(kept.content()).containsExactly(1));
  }

  @Test
  void whatCannotBeInAnImageIsLeftOutAndCounted() throws Exception {
    var converted =
        convert(
            Tars.droplet()
                .add(Tars.entry("app/pipe", TarConstants.LF_FIFO), new byte[0])
                .add(Tars.entry("app/odd", (byte) 'Z'), "its content".getBytes(UTF_8))
                .file("app/x", "after"));
    assertThat(converted.leftOut()).containsOnlyKeys("fifo", "unknown type");
    assertThat(Tars.layerOf(converted)).hasSize(4);
    assertThat(Tars.only(converted, "home/vcap/app/x").text()).isEqualTo("after");
  }

  @Test
  void aLayerHasNoPathTwiceAndIsTheLayerOfTheDropletWithoutTheEarlierOnes() throws Exception {
    var name = "app/" + "long".repeat(30) + "ü";
    var twice =
        Tars.droplet()
            .file("app/x", "earlier")
            .file(name, "earlier")
            .directory("app/d/")
            .file("./app/./x", "earlier, too")
            .directory("app/d/")
            .symlink("app/x", "target")
            .file(name, "later");
    var once = Tars.droplet().directory("app/d/").symlink("app/x", "target").file(name, "later");
    var converted = convert(twice);
    assertThat(Tars.only(converted, "home/vcap/app/x").type()).isEqualTo(SYMLINK);
    assertThat(Tars.only(converted, "home/vcap/" + name).text()).isEqualTo("later");
    assertThat(converted.layers().getFirst().layer())
        .isEqualTo(convert(once).layers().getFirst().layer());
  }

  @Test
  void theLayerIsAllThatIsLeftInScratch() throws Exception {
    var converted = convert(Tars.droplet().file("app/x", "earlier").file("app/x", "later"));
    try (var files = Files.list(scratch)) {
      assertThat(files).containsExactly(converted.layers().getFirst().file());
    }
  }

  @ParameterizedTest
  @EnumSource
  void theFileIsWhatTheLayerSaysOfIt(Compression compression) throws Exception {
    var droplet = Tars.droplet().file("app/x", "x").file("app/x", "y".repeat(100_000)).gzipped();
    var converted =
        Tars.convert(new ByteArrayInputStream(droplet), scratch, Tars.settings(compression));
    var layer = converted.layers().getFirst().layer().layer();
    var bytes = Files.readAllBytes(converted.layers().getFirst().file());
    try (var from = compression.decompress(new ByteArrayInputStream(bytes))) {
      var tar = from.readAllBytes();
      assertThat(layer.compression()).isEqualTo(compression);
      assertThat(layer.digest()).isEqualTo(Digest.of(bytes));
      assertThat(layer.size()).isEqualTo(bytes.length);
      assertThat(layer.diffId().digest()).isEqualTo(Digest.of(tar));
      assertThat(layer.uncompressedSize()).isEqualTo(tar.length);
    }
  }

  @Test
  void theSameDropletGivesTheSameLayerHoweverItArrives() throws Exception {
    var droplet = severalBlocks();
    var expected = digestOf(Tars.convert(droplet, scratch));
    for (int chunk : new int[] {1, 7, 511, 65_537}) {
      var arriving = new InChunks(new ByteArrayInputStream(droplet), chunk);
      assertThat(digestOf(Tars.convert(arriving, scratch, Tars.uncompressed())))
          .isEqualTo(expected);
    }
  }

  @Test
  void theLayerDoesNotDependOnWhoRunsTheServer() throws Exception {
    var droplet = Tars.droplet().file("app/ünï" + "x".repeat(200), "long").gzipped();
    var expected = digestOf(Tars.convert(droplet, scratch));
    var user = System.getProperty("user.name");
    try {
      System.setProperty("user.name", "someone-else");
      assertThat(digestOf(Tars.convert(droplet, scratch))).isEqualTo(expected);
    } finally {
      System.setProperty("user.name", user);
    }
  }

  @Test
  void stagingInfoIsReadOnTheWay() throws Exception {
    var text = "{\"detected_buildpack\":\"ruby\",\"start_command\":\"rackup\"}";
    var file = Tars.entry("./staging_info.yml", FILE);
    file.setModTime(Instant.parse("2024-05-06T07:08:09Z").toEpochMilli());
    var converted = convert(Tars.droplet().add(file, text.getBytes(UTF_8)).file("app/x", ""));
    assertThat(converted.info())
        .isEqualTo(
            new StagingInfo(
                Optional.of("rackup"), Optional.of("ruby"), Instant.parse("2024-05-06T07:08:09Z")));
    assertThat(Tars.only(converted, "home/vcap/staging_info.yml").text()).isEqualTo(text);
  }

  @Test
  void onlyTheStagingInfoAtTheTopCountsAndOfTwoTheLater() throws Exception {
    var converted =
        convert(
            Tars.droplet()
                .file("staging_info.yml", "start_command: earlier")
                .file("./staging_info.yml", "start_command: later")
                .file("app/staging_info.yml", "start_command: app's")
                .directory("deps/staging_info.yml"));
    assertThat(converted.info().startCommand()).contains("later");
  }

  @Test
  void aDropletNeedNotHaveStagingInfo() throws Exception {
    assertThat(convert(Tars.droplet()).info()).isEqualTo(StagingInfo.NONE);
  }

  @Test
  void longStagingInfoArrivesWholeAlthoughItIsNotReadToItsEnd() throws Exception {
    var text = "start_command: run\nrest: " + "x".repeat(StagingInfo.LIMIT);
    var converted = convert(Tars.droplet().file("staging_info.yml", text));
    assertThat(Tars.only(converted, "home/vcap/staging_info.yml").text()).isEqualTo(text);
    assertThat(converted.info().startCommand()).contains("run");
  }

  @Test
  void severalGzipMembersAreOneDroplet() throws Exception {
    var tar = Tars.droplet().file("app/x", "text").tar();
    var both = new ByteArrayOutputStream();
    both.write(Tars.gzip(Arrays.copyOf(tar, 700)));
    both.write(Tars.gzip(Arrays.copyOfRange(tar, 700, tar.length)));
    assertThat(digestOf(Tars.convert(both.toByteArray(), scratch)))
        .isEqualTo(digestOf(Tars.convert(Tars.gzip(tar), scratch)));
  }

  private Converted convert(Tars droplet) throws IOException, UnsuitableDroplet {
    return Tars.convert(droplet.gzipped(), scratch);
  }

  private static Digest digestOf(Converted converted) {
    return converted.layers().getFirst().layer().layer().digest();
  }

  /** Long enough that its compressed form, too, is more than any buffer. */
  private static byte[] severalBlocks() {
    var noise = new byte[600_000];
    new Random(1).nextBytes(noise);
    return Tars.droplet().add(Tars.entry("app/noise", FILE), noise).file("app/x", "text").gzipped();
  }

  /** Gives at most so many bytes at once, as a network would. */
  private static final class InChunks extends FilterInputStream {
    private final int most;

    InChunks(InputStream in, int most) {
      super(in);
      this.most = most;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return super.read(into, offset, Math.min(length, most));
    }
  }
}
