package dropship.registry.image;

import static dropship.registry.image.Tars.DIRECTORY;
import static dropship.registry.image.Tars.FILE;
import static dropship.registry.image.Tars.LINK;
import static dropship.registry.image.Tars.SYMLINK;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerHeaderTest {
  @ParameterizedTest
  @ValueSource(strings = {"x", "é", "語", "x💧", "💧x", "d/"})
  void writesTheBytesThatTheLibraryWritesForAnyName(String piece) throws Exception {
    for (int count = 1; count < 120; count++) {
      var name = "home/" + piece.repeat(count) + "x";
      for (byte type : new byte[] {FILE, DIRECTORY, LINK, SYMLINK}) {
        var header = new LayerHeader(name, type);
        var plain = new TarArchiveEntry(type == DIRECTORY ? name + "/" : name, type);
        plain.setNames("", "");
        plain.setIds(2000, 2000);
        assertThat(written(header, name)).isEqualTo(written(plain, name));
      }
    }
  }

  private static byte[] written(TarArchiveEntry entry, String target) throws IOException {
    entry.setLinkName(entry.isLink() || entry.isSymbolicLink() ? target : "");
    entry.setModTime(0);
    var bytes = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setAddPaxHeadersForNonAsciiNames(true);
      tar.putArchiveEntry(entry);
      tar.closeArchiveEntry();
    }
    return bytes.toByteArray();
  }
}
