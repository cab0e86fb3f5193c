package dropship.registry.image;

import static dropship.registry.image.Tars.FILE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.registry.image.DropletLayers.Converted;
import dropship.registry.image.DropletLayers.Settings;
import dropship.rootfs.layer.Compression;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tars that say odd things in well-formed ways: what is harmless arrives, what is not is refused by
 * the name of the entry.
 */
@Timeout(20)
class HostileDropletTest {
  private static final String KB64 = "d/".repeat(32_768) + "x";

  @TempDir Path scratch;

  static Stream<Arguments> attacks() {
    return Stream.of(
        attack("a name that climbs", tar().file("app/../../../etc/cron.d/x", ""), "climbs"),
        attack("a link as a parent", tar().symlink("e", "/etc").file("e/passwd", ""), "symbolic"),
        attack("a link to what comes later", tar().link("a", "b").file("b", ""), "hard link"),
        attack("a link out of the tree", tar().link("a", "../../../etc/shadow"), "climbs"),
        attack("a link to what is not the droplet's", tar().link("a", "/etc/shadow"), "hard link"),
        attack("a link to a device", tar().add(device(), new byte[0]).link("a", "dev/sda"), "hard"),
        attack("a whiteout", tar().file("app/.wh.lib", ""), "deletes files"),
        attack("an opaque directory", tar().file(".wh..wh..opq", ""), "deletes files"),
        attack("a file, then a directory", tar().file("a", "").directory("a/"), "comes twice"),
        attack("a directory, then a file", tar().directory("a/").file("a", ""), "comes twice"),
        attack("a file, then one in it", tar().file("a", "").file("a/b", ""), "is a file"),
        attack("a PAX name of 64 KB", tar().pax("path=" + KB64).file("a", ""), "longer than"),
        attack(
            "a GNU name of 64 KB",
            tar()
                .raw(Tars.entry("long", TarConstants.LF_GNUTYPE_LONGNAME), KB64.getBytes(UTF_8))
                .file("a", ""),
            "longer than"),
        attack("a target of 64 KB", tar().pax("linkpath=" + KB64).symlink("a", "b"), "longer than"),
        attack("a PAX path that climbs", tar().pax("path=../x").file("a", ""), "climbs"),
        attack("a PAX target that climbs", tar().pax("linkpath=../x").link("a", "b"), "climbs"),
        attack("a name with an end in it", tar().pax("path=a\0b").file("a", ""), "UTF-8"),
        attack("a size below nothing", tar().pax("size=-1").file("a", ""), "tar"),
        attack("a size beyond all", tar().pax("size=9223372036854775807").file("a", ""), ""),
        attack("a size no number holds", tar().pax("size=" + "9".repeat(99)).file("a", ""), "tar"),
        attack("a size of 64 KB", tar().pax("size=" + "1".repeat(65_536)).file("a", ""), "tar"));
  }

  private static Arguments attack(String what, Tars droplet, String reason) {
    return Arguments.of(what, droplet, reason);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("attacks")
  void anAttackIsRefusedByTheNameOfItsEntryAndInShort(String what, Tars droplet, String reason) {
    assertThatThrownBy(() -> convert(droplet))
        .isInstanceOf(UnsuitableDroplet.class)
        .hasMessageContaining("entry '")
        .hasMessageContaining(reason)
        .message()
        .hasSizeLessThan(1000);
    assertThat(scratch).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, -512, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 62, 1L << 40, 1025})
  void aSizeInBase256ThatCannotBeIsUnsuitable(long size) {
    var tar = tar().file("a", "").tar();
    TarBytes.setBase256(tar, TarBytes.SIZE, size);
    assertThatThrownBy(() -> Tars.convert(Tars.gzip(tar), scratch))
        .isInstanceOf(UnsuitableDroplet.class);
    assertThat(scratch).isEmptyDirectory();
  }

  @Test
  void numbersInBase256AreNumbers() throws Exception {
    var tar = tar().file("app/x", "content").tar();
    TarBytes.setBase256(tar, TarBytes.MODE, 0640);
    TarBytes.setBase256(tar, TarBytes.UID, 4_000_000_000L);
    TarBytes.setBase256(tar, TarBytes.GID, -2);
    TarBytes.setBase256(tar, TarBytes.SIZE, "content".length());
    TarBytes.setBase256(tar, TarBytes.MTIME, 1L << 40);
    var kept = Tars.only(Tars.convert(Tars.gzip(tar), scratch), "home/vcap/app/x");
    assertThat(kept.text()).isEqualTo("content");
    assertThat(kept.header().getMode()).isEqualTo(0640);
    assertThat(kept.header().getLongUserId()).isEqualTo(2000);
  }

  static Stream<Arguments> placesOfNames() {
    return Stream.of(
        Arguments.of("a name", tar().file("app/?", "")),
        Arguments.of("the target of a link", tar().file("a", "").link("b", "a?")),
        Arguments.of("the target of a symbolic link", tar().symlink("a", "?")),
        Arguments.of("a long name", tar().longNamesInGnuStyle().file("x".repeat(150) + "?", "")),
        Arguments.of("a PAX path", tar().pax("path=?").file("a", "")),
        Arguments.of("a PAX target", tar().pax("linkpath=?").symlink("a", "b")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("placesOfNames")
  void aNameThatIsNotUtf8IsUnsuitableWhereverItIs(String what, Tars droplet) {
    var tar = droplet.tar();
    for (int i = 0; i < tar.length; i++) {
      tar[i] = tar[i] == '?' ? (byte) 0xe9 : tar[i];
    }
    TarBytes.correctChecksums(tar);
    assertThatThrownBy(() -> Tars.convert(Tars.gzip(tar), scratch))
        .isInstanceOf(UnsuitableDroplet.class)
        .hasMessageContaining("not UTF-8");
  }

  @Test
  void nothingIsReadBehindTheFirstEntryThatIsRefused() throws Exception {
    var noise = new byte[4 << 20];
    new Random(1).nextBytes(noise);
    var refused = tar().file("../x", "").add(Tars.entry("app/noise", FILE), noise).gzipped();
    var arriving = new ByteArrayInputStream(refused);
    assertThatThrownBy(() -> Tars.convert(arriving, scratch, Tars.uncompressed()))
        .hasMessageContaining("'../x'");
    assertThat(arriving.available()).isGreaterThan(3 << 20);
  }

  @Test
  void aDropletThatBreaksOffAtAnyPercentIsUnsuitable() throws Exception {
    var noise = new byte[200_000];
    new Random(1).nextBytes(noise);
    var droplet =
        tar()
            .file("app/x", "text".repeat(9999))
            .add(Tars.entry("app/noise", FILE), noise)
            .gzipped();
    for (int percent = 0; percent < 100; percent++) {
      var part = Arrays.copyOf(droplet, (int) ((long) droplet.length * percent / 100));
      assertThatThrownBy(() -> Tars.convert(part, scratch))
          .as("%d %%", percent)
          .isInstanceOf(UnsuitableDroplet.class);
      assertThat(scratch).isEmptyDirectory();
    }
  }

  @Test
  void globalHeadersAsGitArchiveWritesThemDoNoHarm() throws Exception {
    var comment = "52 comment=8f1b6b0e3b7e4a5f9c0d1e2f3a4b5c6d7e8f9a0b\n".getBytes(UTF_8);
    var global = Tars.entry("pax_global_header", TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER);
    var converted = convert(new Tars().raw(global, comment).file("app/x", "content"));
    assertThat(Tars.only(converted, "home/vcap/app/x").text()).isEqualTo("content");
  }

  @Test
  void asManyDirectoriesInEachOtherAsAPathHasRoomForArrive() throws Exception {
    var tar = tar();
    IntStream.rangeClosed(1, 2000)
        .forEach(depth -> tar.pax("path=" + "d/".repeat(depth)).directory("short/"));
    assertThat(Unpacked.layers(convert(tar))).hasSize(3 + 2000);
  }

  @Test
  void longNamesAndTargetsTakeNoLongerThanTheirLength() throws Exception {
    var tar = tar();
    var longest = "é/".repeat(2000);
    for (int i = 0; i < 2000; i++) {
      tar.pax("path=" + longest + i, "linkpath=" + longest).symlink("short", "short");
    }
    assertThat(convert(tar).layers()).isNotEmpty(); // within the time limit
  }

  private static Tars tar() {
    return Tars.droplet();
  }

  private Converted convert(Tars droplet) throws IOException, UnsuitableDroplet {
    var settings = new Settings(Compression.NONE, false, 100 << 20, 10_000);
    return Tars.convert(new ByteArrayInputStream(droplet.gzipped()), scratch, settings);
  }

  private static TarArchiveEntry device() {
    return Tars.entry("dev/sda", TarConstants.LF_BLK);
  }
}
