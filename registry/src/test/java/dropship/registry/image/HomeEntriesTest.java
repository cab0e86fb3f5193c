package dropship.registry.image;

import static dropship.registry.image.Tars.DIRECTORY;
import static dropship.registry.image.Tars.FILE;
import static dropship.registry.image.Tars.LINK;
import static dropship.registry.image.Tars.SYMLINK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.BitSet;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HomeEntriesTest {
  @TempDir Path scratch;
  private HomeEntries entries;

  @BeforeEach
  void begin() {
    entries = new HomeEntries(10_000, LayerRule::of, scratch);
  }

  @AfterEach
  void end() {
    entries.close();
  }

  @ParameterizedTest
  @CsvSource({
    "app/x,         home/vcap/app/x",
    "./app/x,       home/vcap/app/x",
    "/app/x,        home/vcap/app/x",
    "//app//./x,    home/vcap/app/x",
    "././app/x/.,   home/vcap/app/x",
    "/etc/passwd,   home/vcap/etc/passwd",
    "home/vcap/app, home/vcap/home/vcap/app",
    "..app/...,     home/vcap/..app/...",
    "app/x.wh.y,    home/vcap/app/x.wh.y",
    "app/.whiteout, home/vcap/app/.whiteout",
    "a\\..\\b,      home/vcap/a\\..\\b",
    "app/naïve 💧,  home/vcap/app/naïve 💧",
  })
  void namesAreThoseBelowTheHomeDirectory(String given, String kept) throws Exception {
    assertThat(keep(file(given)).getName()).isEqualTo(kept);
  }

  @ParameterizedTest
  @ValueSource(strings = {"app", "app/", "./app", "/app//"})
  void directoriesEndInOneSlash(String name) throws Exception {
    assertThat(keep(Tars.entry(name, DIRECTORY)).getName()).isEqualTo("home/vcap/app/");
  }

  @Test
  void aFileWhoseNameEndsInASlashIsTheDirectoryThatOldTarsMeanByIt() throws Exception {
    var kept = keep(Tars.entry("app/", TarConstants.LF_OLDNORM));
    assertThat(kept.getLinkFlag()).isEqualTo(DIRECTORY);
    assertThat(kept.getName()).isEqualTo("home/vcap/app/");
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "./", "/", "//", "/./."})
  void theHomeDirectoryItselfIsNotKeptAsItComesWithTheLayer(String name) throws Exception {
    assertThat(entries.keep(Tars.entry(name, DIRECTORY))).isEmpty();
    assertThat(entries.leftOut()).isEmpty();
  }

  @Test
  void everyEntryBelongsToTheUserOfTheAppByNumberAlone() throws Exception {
    var file = file("app/x");
    file.setIds(0, 4_000_000);
    file.setNames("root", "wheel");
    var kept = keep(file);
    assertThat(kept.getLongUserId()).isEqualTo(2000);
    assertThat(kept.getLongGroupId()).isEqualTo(2000);
    assertThat(kept.getUserName()).isEmpty();
    assertThat(kept.getGroupName()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0644,    0644",
    "0755,   0755",
    "0600,  0600",
    "0000, 0000",
    "0444, 0444",
    "0777, 0777",
    "04755,   0755",
    "02775,  0775",
    "01777, 0777",
    "07000, 0000",
    "0100644, 0644",
    "040755, 0755",
  })
  void modesKeepTheirPermissionsAndNothingElse(String given, String kept) throws Exception {
    var file = file("app/x");
    file.setMode(Integer.parseInt(given, 8));
    assertThat(keep(file).getMode()).isEqualTo(Integer.parseInt(kept, 8));
  }

  @ParameterizedTest
  @CsvSource({
    "2024-01-02T03:04:05Z,           2024-01-02T03:04:05Z",
    "2024-01-02T03:04:05.999999999Z, 2024-01-02T03:04:05Z",
    "1970-01-01T00:00:00Z,           1970-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z,           1970-01-01T00:00:00Z",
    "-1000000000-01-01T00:00:00Z,    1970-01-01T00:00:00Z",
    "2242-03-16T12:56:31Z,           2242-03-16T12:56:31Z",
    "2242-03-16T12:56:32Z,           2242-03-16T12:56:31Z",
    "+1000000000-12-31T23:59:59Z,    2242-03-16T12:56:31Z",
  })
  void timesAreWholeSecondsThatFitAnyTarHeader(Instant given, Instant kept) throws Exception {
    var file = file("app/x");
    file.setLastModifiedTime(FileTime.from(given));
    assertThat(keep(file).getLastModifiedTime().toInstant()).isEqualTo(kept);
  }

  @Test
  void timesOfAccessAndOfChangeAreDropped() throws Exception {
    var file = file("app/x");
    file.setLastAccessTime(FileTime.fromMillis(1));
    file.setStatusChangeTime(FileTime.fromMillis(2));
    file.setCreationTime(FileTime.fromMillis(3));
    var kept = keep(file);
    assertThat(kept.getLastAccessTime()).isNull();
    assertThat(kept.getStatusChangeTime()).isNull();
    assertThat(kept.getCreationTime()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "../x", "/etc/passwd", "../../../../etc/passwd", "nowhere/.wh.x"})
  void targetsOfSymbolicLinksAreUntouched(String target) throws Exception {
    assertThat(keep(symlink("app/link", target)).getLinkName()).isEqualTo(target);
  }

  @ParameterizedTest
  @ValueSource(strings = {"app/x", "./app/x", "/app/x", "app/./x"})
  void targetsOfHardLinksMoveWithTheirFiles(String target) throws Exception {
    keep(file("./app/x"));
    assertThat(keep(link("app/y", target)).getLinkName()).isEqualTo("home/vcap/app/x");
  }

  @Test
  void aHardLinkMayNameAnotherHardLink() throws Exception {
    keep(file("x"));
    keep(link("y", "x"));
    assertThat(keep(link("z", "y")).getLinkName()).isEqualTo("home/vcap/y");
  }

  @Test
  void whatIsNeitherFileNorDirectoryNorLinkIsLeftOutAndCounted() throws Exception {
    for (byte type : new byte[] {TarConstants.LF_CHR, TarConstants.LF_BLK, TarConstants.LF_FIFO}) {
      assertThat(entries.keep(Tars.entry("dev/" + type, type))).isEmpty();
    }
    assertThat(entries.keep(Tars.entry("volume", (byte) 'V'))).isEmpty();
    assertThat(entries.leftOut())
        .containsExactlyInAnyOrderEntriesOf(Map.of("device", 2, "fifo", 1, "unknown type", 1));
  }

  @Test
  void contiguousFilesAreFiles() throws Exception {
    assertThat(keep(Tars.entry("x", TarConstants.LF_CONTIG)).getLinkFlag()).isEqualTo(FILE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ".. | climbs by '..'",
        "../x | climbs by '..'",
        "/../x | climbs by '..'",
        "app/.. | climbs by '..'",
        "app/../../../etc/passwd | climbs by '..'",
        "app/.wh.x | deletes files in an image",
        ".wh..wh..opq | deletes files in an image",
        "app/.wh. | deletes files in an image",
        ".wh.d/x | deletes files in an image",
        "'' | is empty",
        "a\u0000b | is empty or not UTF-8",
        "app/\uFFFD | not UTF-8",
      })
  void aDropletWithSuchANameIsUnsuitable(String name, String reason) {
    assertUnsuitable(file(name), reason);
  }

  @Test
  void aNameNoKernelTakesIsUnsuitable() throws Exception {
    var longest = "d/".repeat(2000);
    keep(file(longest + "x"));
    assertUnsuitable(file(longest + "d/".repeat(100) + "x"), "longer than");
    assertUnsuitable(symlink("link", "d/".repeat(2100)), "longer than");
    keep(file("app/" + "é".repeat(127) + "x/y"));
    assertUnsuitable(file("app/" + "é".repeat(128) + "/y"), "longer than 255");
  }

  @Test
  void theReasonShowsLongAndUnprintableNamesInShort() {
    assertThatThrownBy(() -> entries.keep(file("a\n\u001b[31m" + "x".repeat(1000) + "/..")))
        .hasMessageStartingWith("entry 'a??[31mxxx")
        .message()
        .hasSizeLessThan(300);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "..", "../x", "missing", "directory", "symlink", "self"})
  void aHardLinkToWhatIsNoEarlierFileIsUnsuitable(String target) throws Exception {
    keep(Tars.entry("directory", DIRECTORY));
    keep(symlink("symlink", "directory"));
    assertUnsuitable(link("self", target), "hard link");
  }

  @Test
  void anEmptyTargetOfASymbolicLinkIsUnsuitable() {
    assertUnsuitable(symlink("link", ""), "link target is empty");
  }

  @Test
  void nothingIsWrittenThroughASymbolicLink() throws Exception {
    keep(symlink("app", "/etc"));
    assertUnsuitable(file("app/passwd"), "its parent 'home/vcap/app' is a symbolic link");
    assertUnsuitable(file("app/a/b/passwd"), "its parent 'home/vcap/app' is a symbolic link");
    assertUnsuitable(Tars.entry("app/d", DIRECTORY), "is a symbolic link");
  }

  @Test
  void nothingIsWrittenBelowAFileOrAHardLink() throws Exception {
    keep(file("x"));
    keep(link("y", "x"));
    assertUnsuitable(file("x/below"), "its parent 'home/vcap/x' is a file");
    assertUnsuitable(file("y/below"), "its parent 'home/vcap/y' is a file");
  }

  @Test
  void ofTwoEntriesOfOneNameTheEarlierIsSuperseded() throws Exception {
    keep(file("x")); // 0
    keep(file("other")); // 1
    keep(file("./x")); // 2
    keep(symlink("/x", "other")); // 3
    keep(Tars.entry("d", DIRECTORY)); // 4
    keep(Tars.entry("d/", DIRECTORY)); // 5
    assertThat(entries.superseded()).isEqualTo(bits(0, 2, 4));
  }

  @Test
  void whatIsLeftOutDoesNotCountAmongTheSuperseded() throws Exception {
    entries.keep(Tars.entry("./", DIRECTORY));
    entries.keep(Tars.entry("fifo", TarConstants.LF_FIFO));
    keep(file("x"));
    keep(file("x"));
    assertThat(entries.superseded()).isEqualTo(bits(0));
  }

  @Test
  void aDirectoryAndAnythingElseDoNotReplaceEachOther() throws Exception {
    keep(Tars.entry("d", DIRECTORY));
    keep(file("f"));
    keep(file("implied/x"));
    assertUnsuitable(file("d"), "comes twice");
    assertUnsuitable(symlink("d", "f"), "comes twice");
    assertUnsuitable(Tars.entry("f", DIRECTORY), "comes twice");
    assertUnsuitable(file("implied"), "comes twice");
    assertUnsuitable(symlink("implied", "f"), "comes twice");
  }

  @Test
  void aDirectoryThatIsOnlyImpliedIsAnEntryUntilItsOwnComes() throws Exception {
    var kept = entries.keep(file("d/e/x"));
    assertThat(kept.stream().map(entry -> entry.header().getName()))
        .containsExactly("home/vcap/d/", "home/vcap/d/e/", "home/vcap/d/e/x");
    assertThat(kept.getFirst().header().getMode()).isEqualTo(0755);
    assertThat(kept.getFirst().header().getLongUserId()).isEqualTo(2000);
    keep(Tars.entry("d", DIRECTORY));
    assertThat(entries.superseded()).isEqualTo(bits(0));
  }

  @Test
  void whatGoesToASharedLayerWaitsAndSoDoHardLinksToIt() throws Exception {
    assertThat(entries.keep(file("app/x")).getLast().waits()).isFalse();
    assertThat(entries.keep(file("deps/0/x")).getLast().waits()).isTrue();
    assertThat(entries.keep(link("app/y", "deps/0/x")).getLast().waits()).isTrue();
    assertThat(entries.keep(link("app/z", "app/y")).getLast().waits()).isTrue();
    assertThat(entries.keep(link("app/w", "app/x")).getLast().waits()).isFalse();
    assertThat(entries.keep(link("deps/0/w", "app/x")).getLast().waits()).isTrue();
  }

  @Test
  void aFileWithOtherNamesIsNotReplacedButItsOtherNamesAre() throws Exception {
    keep(file("x"));
    keep(link("y", "x"));
    keep(file("y"));
    assertUnsuitable(file("x"), "comes twice");
    assertThat(entries.superseded()).isEqualTo(bits(1));
  }

  private TarArchiveEntry keep(TarArchiveEntry entry) throws Exception {
    return entries.keep(entry).getLast().header();
  }

  private void assertUnsuitable(TarArchiveEntry entry, String reason) {
    assertThatThrownBy(() -> entries.keep(entry))
        .isInstanceOf(UnsuitableDroplet.class)
        .hasMessageContaining(reason);
  }

  private static TarArchiveEntry file(String name) {
    return Tars.entry(name, FILE);
  }

  private static TarArchiveEntry symlink(String name, String target) {
    return Tars.linkEntry(name, SYMLINK, target);
  }

  private static TarArchiveEntry link(String name, String target) {
    return Tars.linkEntry(name, LINK, target);
  }

  private static BitSet bits(int... set) {
    var bits = new BitSet();
    for (int bit : set) {
      bits.set(bit);
    }
    return bits;
  }
}
