package dropship.registry.image;

import static dropship.registry.image.Tars.FILE;
import static org.assertj.core.api.Assertions.assertThat;

import dropship.registry.image.DropletLayer.Kind;
import dropship.registry.image.DropletLayers.Settings;
import dropship.rootfs.layer.Compression;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SharedLayersTest {
  private static final int STAGED = 1_700_000_000;
  private static final long NORMAL = 315_532_801;
  private static final byte[] LARGE = new byte[3_000_001];

  static {
    new Random(1).nextBytes(LARGE);
  }

  @TempDir Path scratch;

  @Test
  void entriesAreInTheOrderOfTheirPathsWithTheDirectoriesAroundThem() throws Exception {
    var layers =
        convert(
            Tars.droplet()
                .file("app/server.js", "")
                .file("app/node_modules/b/x", "x".repeat(100_000))
                .file("app/node_modules/a.js", "")
                .file("app/node_modules/a/y", "")
                .directory("app/node_modules/a"));
    assertThat(names(layers, Kind.libraries))
        .containsExactly(
            "home/",
            "home/vcap/",
            "home/vcap/app/",
            "home/vcap/app/node_modules/",
            "home/vcap/app/node_modules/a/",
            "home/vcap/app/node_modules/a/y",
            "home/vcap/app/node_modules/a.js",
            "home/vcap/app/node_modules/b/",
            "home/vcap/app/node_modules/b/x");
    assertThat(names(layers, Kind.app))
        .containsExactly("home/", "home/vcap/", "home/vcap/app/", "home/vcap/app/server.js");
  }

  @Test
  void aDirectoryOfALowerLayerKeepsItsModeInAnUpperOne() throws Exception {
    var layers =
        convert(
            Tars.droplet()
                .add(mode(Tars.entry("deps/0/python", TarConstants.LF_DIR), 0700), new byte[0])
                .file("deps/0/python/bin", "x".repeat(100_000))
                .file("deps/0/python/lib/site-packages/x.js", "x".repeat(100_000)));
    var libraries = layers.get(Kind.libraries);
    assertThat(libraries)
        .filteredOn(entry -> entry.getName().equals("home/vcap/deps/0/python/"))
        .singleElement()
        .extracting(TarArchiveEntry::getMode)
        .isEqualTo(0700);
  }

  @Test
  void littleIsNoLayerOfItsOwn() throws Exception {
    var layers = convert(Tars.droplet().file("deps/0/config.yml", "little").file("app/x", "x"));
    assertThat(layers.keySet()).containsExactly(Kind.app);
    assertThat(names(layers, Kind.app))
        .endsWith("home/vcap/deps/0/", "home/vcap/deps/0/config.yml");
  }

  @Test
  void aDropletAlwaysHasALayer() throws Exception {
    assertThat(convert(Tars.droplet()).keySet()).containsExactly(Kind.app);
  }

  @Test
  void namesOfOneFileStayTogetherInTheUppermostOfTheirLayers() throws Exception {
    var layers =
        convert(
            Tars.droplet()
                .file("deps/0/z", "x".repeat(100_000))
                .file("deps/0/moved", "moved")
                .link("deps/0/a", "deps/0/z")
                .link("app/moved", "deps/0/moved"));
    var runtime = layers.get(Kind.runtime);
    assertThat(names(layers, Kind.runtime)).endsWith("home/vcap/deps/0/a", "home/vcap/deps/0/z");
    assertThat(runtime.getLast().getLinkName()).isEqualTo("home/vcap/deps/0/a");
    assertThat(runtime.get(runtime.size() - 2).getSize()).isEqualTo(100_000);
    assertThat(names(layers, Kind.app))
        .endsWith("home/vcap/app/moved", "home/vcap/deps/0/", "home/vcap/deps/0/moved");
  }

  @Test
  void timesAreThoseOfNoStagingButWhereCompiledPythonInsists() throws Exception {
    var layers =
        convert(
            Tars.droplet()
                .add(at(STAGED, "deps/0/lib/timed.py"), "x".repeat(100_000).getBytes())
                .add(at(STAGED, "deps/0/lib/__pycache__/timed.cpython-312.pyc"), pyc(0, STAGED))
                .add(at(STAGED, "deps/0/lib/hashed.py"), new byte[1])
                .add(at(STAGED, "deps/0/lib/__pycache__/hashed.cpython-312.pyc"), pyc(1, STAGED))
                .add(at(STAGED, "deps/0/lib/stale.py"), new byte[1])
                .add(at(STAGED, "deps/0/lib/__pycache__/stale.cpython-312.pyc"), pyc(0, 17))
                .add(at(STAGED, "deps/0/lib/old.py"), new byte[1])
                .add(at(STAGED, "deps/0/lib/old.pyc"), pyc(STAGED, 0))
                .add(at(STAGED, "deps/0/lib/alone.py"), new byte[1]));
    assertThat(layers.get(Kind.runtime))
        .filteredOn(entry -> entry.getLastModifiedTime().toMillis() / 1000 == STAGED)
        .extracting(TarArchiveEntry::getName)
        .containsExactly("home/vcap/deps/0/lib/old.py", "home/vcap/deps/0/lib/timed.py");
    assertThat(layers.get(Kind.runtime))
        .filteredOn(entry -> entry.getName().contains("/lib/"))
        .extracting(entry -> entry.getLastModifiedTime().toMillis() / 1000)
        .containsOnly(NORMAL, (long) STAGED);
  }

  @ParameterizedTest
  @EnumSource
  void aLayerIsTheSameHoweverLargeItsFilesAreAndInWhicheverOrderTheyCame(Compression compression)
      throws Exception {
    var one = layersOf(tar(1, "deps/0/a", "deps/0/b", "deps/0/c"), compression);
    var other = layersOf(tar(2, "deps/0/c", "deps/0/a", "deps/0/b"), compression);
    assertThat(other).isEqualTo(one);
    assertThat(one).hasSize(1);
  }

  private static Tars tar(int time, String... names) {
    var tar = Tars.droplet();
    for (var name : names) {
      tar.add(at(time, name), name.endsWith("b") ? LARGE : name.repeat(10_000).getBytes());
    }
    return tar;
  }

  private List<DropletLayer> layersOf(Tars tar, Compression compression) throws Exception {
    var settings = new Settings(compression, true, 1 << 30, 1000);
    var converted = Tars.convert(new ByteArrayInputStream(tar.gzipped()), scratch, settings);
    var layers = new ArrayList<DropletLayer>();
    for (var each : converted.layers()) {
      if (each.layer().kind() != Kind.app) {
        layers.add(each.layer());
      }
      Files.delete(each.file());
    }
    assertThat(scratch).isEmptyDirectory();
    return layers;
  }

  private static TarArchiveEntry at(int time, String name) {
    var entry = Tars.entry(name, FILE);
    entry.setModTime(time * 1000L);
    return entry;
  }

  private static TarArchiveEntry mode(TarArchiveEntry entry, int mode) {
    entry.setMode(mode);
    return entry;
  }

  private static byte[] pyc(int flags, int time) {
    return ByteBuffer.allocate(40)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0x0a0d0dcb)
        .putInt(flags)
        .putInt(time)
        .array();
  }

  private static List<String> names(Map<Kind, List<TarArchiveEntry>> layers, Kind kind) {
    return layers.get(kind).stream().map(TarArchiveEntry::getName).toList();
  }

  private Map<Kind, List<TarArchiveEntry>> convert(Tars tar) throws Exception {
    var settings = new Settings(Compression.ZSTD, true, 1 << 30, 1000);
    var converted = Tars.convert(new ByteArrayInputStream(tar.gzipped()), scratch, settings);
    var layers = new LinkedHashMap<Kind, List<TarArchiveEntry>>();
    for (var each : converted.layers()) {
      var entries = new ArrayList<TarArchiveEntry>();
      try (var from =
          new TarArchiveInputStream(
              Compression.ZSTD.decompress(Files.newInputStream(each.file())), "UTF-8")) {
        for (var entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
          entries.add(entry);
        }
      }
      layers.put(each.layer().kind(), entries);
      Files.delete(each.file());
    }
    assertThat(scratch).isEmptyDirectory();
    return layers;
  }
}
