package dropship.registry.image;

import static dropship.registry.image.Tars.FILE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.registry.image.DropletLayers.Settings;
import dropship.rootfs.layer.Compression;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes that are no droplet, a damaged one, or one that is out to do harm. */
@Timeout(20)
class UnsuitableDropletTest {
  private static final Tars PLAIN = Tars.droplet().file("app/x", "text".repeat(500));
  private static final byte[] TAR = PLAIN.tar();
  private static final byte[] DROPLET = Tars.gzip(TAR);

  @TempDir Path scratch;

  @AfterEach
  void nothingIsLeftInScratch() {
    assertThat(scratch).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\u001f", "not a gzip file", "PK\u0003\u0004 a zip file"})
  void whatIsNotGzipIsUnsuitable(String bytes) {
    assertUnsuitable(bytes.getBytes(ISO_8859_1), "gzip");
  }

  @Test
  void aTarThatIsNotCompressedIsUnsuitable() {
    assertUnsuitable(TAR, "not a gzip file");
  }

  static Stream<String> noTars() {
    return Stream.of("", "hello", "#!/bin/sh\n" + "echo hello\n".repeat(100), " ".repeat(5000));
  }

  @ParameterizedTest
  @MethodSource("noTars")
  void aGzipFileThatHoldsNoTarIsUnsuitable(String content) {
    assertUnsuitable(Tars.gzip(content.getBytes(UTF_8)), "tar");
  }

  static IntStream placesInTheDroplet() {
    return IntStream.of(
        1, 2, 9, 10, 11, 40, DROPLET.length - 9, DROPLET.length - 8, DROPLET.length - 1);
  }

  @ParameterizedTest
  @MethodSource("placesInTheDroplet")
  void aDropletThatBreaksOffIsUnsuitable(int length) {
    assertUnsuitable(Arrays.copyOf(DROPLET, length), "gzip");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 511, 513, 1024 + 100, 1024 + 512 + 100})
  void aTarThatBreaksOffIsUnsuitable(int length) {
    assertUnsuitable(Tars.gzip(Arrays.copyOf(TAR, length)), "tar");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "\0", "\0\0\0\0\0\0\0\0\0\0\0\0", "\u001f\u008b", "\u001f\u008b\b"})
  void somethingBehindTheGzipFileIsUnsuitable(String rest) {
    assertUnsuitable(join(DROPLET, rest.getBytes(ISO_8859_1)), "");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 512, 9000, 20_000})
  void somethingBehindTheTarIsUnsuitable(int zerosBefore) {
    var rest = new byte[zerosBefore + 1];
    rest[zerosBefore] = 'x';
    assertUnsuitable(Tars.gzip(join(TAR, rest)), "something follows the end of the tar");
  }

  @Test
  void aDamagedChecksumOfTheGzipFileIsUnsuitable() {
    var droplet = DROPLET.clone();
    droplet[droplet.length - 6] ^= 1;
    assertUnsuitable(droplet, "CRC");
  }

  @Test
  void aDamagedHeaderIsUnsuitable() {
    var tar = TAR.clone();
    tar[3] ^= 1; // the first letter of a name: only the header's checksum tells
    assertUnsuitable(Tars.gzip(tar), "checksum");
  }

  @Test
  void aNameThatIsNotUtf8IsUnsuitable() {
    var latin1 = new Tars("ISO-8859-1").longNamesInGnuStyle().file("app/é", "");
    assertUnsuitable(latin1.gzipped(), "not UTF-8");
  }

  @Test
  void anEntryThatHasNoPlaceInAnImageIsNamed() {
    assertUnsuitable(Tars.droplet().file("app/../../etc/x", "").gzipped(), "'app/../../etc/x'");
  }

  @Test
  void asManyEntriesAndBytesAsAllowedAreFineAndNotOneMore() throws Exception {
    var exact =
        Tars.convert(in(DROPLET), scratch, new Settings(Compression.NONE, false, TAR.length, 3));
    Files.delete(exact.layers().getFirst().file());
    assertUnsuitable(
        in(DROPLET), new Settings(Compression.NONE, false, TAR.length, 2), "2 entries");
    assertUnsuitable(
        in(DROPLET),
        new Settings(Compression.NONE, false, TAR.length - 1, 3),
        "more than the allowed " + (TAR.length - 1) + " bytes");
  }

  @Test
  void zerosBehindTheTarCountAgainstTheLimitToo() {
    assertUnsuitable(
        Tars.gzip(join(TAR, new byte[2 << 20])), "more than the allowed 1048576 bytes");
  }

  @Test
  void contentThatIsSkippedCountsAgainstTheLimitToo() {
    var pipe = Tars.entry("app/pipe", TarConstants.LF_FIFO);
    assertUnsuitable(
        Tars.droplet().add(pipe, new byte[2 << 20]).gzipped(), "more than the allowed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2147483647", "2000000"})
  void holesOfSparseFilesCountAgainstTheLimitToo(String size) {
    assertUnsuitable(sparse(size, size + ",0", new byte[0]), "more than the allowed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"10", "0", "-1", "x", "3,100", "0,100,50,10", "9,9,9,9"})
  void aSparseFileWhoseMapIsWrongIsUnsuitable(String map) {
    assertUnsuitable(sparse("100", map, new byte[10]), "");
  }

  @Test
  void aSparseFileOfTinyPiecesIsNoDanger() {
    var map = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      map.append(i == 0 ? "" : ",").append(2 * i).append(",1");
    }
    assertUnsuitable(sparse("40000", map.toString(), new byte[20_000]), "");
  }

  @ParameterizedTest
  @ValueSource(bytes = {'x', 'g', 'L', 'K'})
  void headersThatGoOnForeverAreUnsuitable(byte type) {
    var tar = Tars.droplet();
    for (int i = 0; i < 20_000; i++) {
      tar.raw(Tars.entry("more", type), new byte[0]);
    }
    assertUnsuitable(
        in(tar.file("app/x", "").gzipped()),
        new Settings(Compression.NONE, false, 1 << 30, 1 << 20),
        "");
  }

  @ParameterizedTest
  @ValueSource(bytes = {'x', 'g', 'L', 'K'})
  void aHeaderThatWouldFillTheMemoryIsUnsuitable(byte type) {
    var huge = new byte[8 << 20];
    Arrays.fill(huge, (byte) 'a');
    var start = (huge.length + " comment=").getBytes(UTF_8);
    System.arraycopy(start, 0, huge, 0, start.length);
    huge[huge.length - 1] = '\n';
    assertUnsuitable(
        in(Tars.droplet().raw(Tars.entry("huge", type), huge).file("app/x", "").gzipped()),
        new Settings(Compression.NONE, false, 1 << 30, 1000),
        "header");
  }

  @Test
  void aNameOfTheGzipFileThatWouldFillTheMemoryIsUnsuitable() {
    var droplet = new byte[8 << 20];
    Arrays.fill(droplet, (byte) 'a');
    byte[] start = {0x1f, (byte) 0x8b, 8, 8, 0, 0, 0, 0, 0, 0}; // a name follows
    System.arraycopy(start, 0, droplet, 0, start.length);
    assertUnsuitable(droplet, "bytes of gzip hold nothing");
    assertUnsuitable(join(DROPLET, droplet), "bytes of gzip hold nothing");
  }

  @Test
  void headersForAllEntriesThatPileUpAreUnsuitable() {
    var tar = Tars.droplet();
    for (int i = 0; i < 20; i++) {
      tar.raw(Tars.entry("global", (byte) 'g'), new byte[0]).file("app/" + i, "");
    }
    assertUnsuitable(tar.gzipped(), "global headers");
  }

  @Test
  void impliedDirectoriesCountAgainstTheLimitToo() {
    var tar = Tars.droplet();
    for (int i = 0; i < 20; i++) {
      tar.file("app/" + i + "/d".repeat(100), "");
    }
    var settings = new Settings(Compression.NONE, false, 1 << 20, 1000);
    assertUnsuitable(in(tar.gzipped()), settings, "': the tar has more than the allowed 1000");
  }

  @Test
  void stagingInfoThatIsNotTextIsNotUnderstoodAndDoesNoHarm() throws Exception {
    var file = Tars.entry("staging_info.yml", FILE);
    var bytes = new byte[] {'a', ':', ' ', (byte) 0xff, (byte) 0xfe, 0, (byte) 0xc0};
    var converted = Tars.convert(Tars.droplet().add(file, bytes).gzipped(), scratch);
    assertThat(converted.info().startCommand()).isEmpty();
    Files.delete(converted.layers().getFirst().file());
  }

  @Test
  void anUploadThatFailsOnTheWayLeavesNothing() {
    var failing =
        new SequenceInputStream(
            in(Arrays.copyOf(DROPLET, 60)),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("connection reset");
              }
            });
    assertUnsuitable(failing, Tars.uncompressed(), "connection reset");
  }

  @Test
  void scratchThatFailsIsNoFaultOfTheDroplet() {
    assertThatThrownBy(() -> Tars.convert(DROPLET, scratch.resolve("missing")))
        .isInstanceOf(IOException.class);
  }

  private void assertUnsuitable(byte[] droplet, String reason) {
    assertUnsuitable(in(droplet), Tars.uncompressed(), reason);
  }

  private void assertUnsuitable(InputStream droplet, Settings settings, String reason) {
    assertThatThrownBy(() -> Tars.convert(droplet, scratch, settings))
        .isInstanceOf(UnsuitableDroplet.class)
        .hasMessageContaining(reason);
  }

  private static byte[] sparse(String size, String map, byte[] content) {
    return Tars.droplet()
        .pax("GNU.sparse.size=" + size, "GNU.sparse.numblocks=1", "GNU.sparse.map=" + map)
        .add(Tars.entry("app/sparse", FILE), content)
        .gzipped();
  }

  private static InputStream in(byte[] bytes) {
    return new ByteArrayInputStream(bytes);
  }

  private static byte[] join(byte[] first, byte[] second) {
    var both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
