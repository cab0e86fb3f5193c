package dropship.registry.quickstart;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * A droplet for those who have none: a shell script that says where it runs, and then answers over
 * HTTP by perl, which nearly every Linux has. Its files are resources beside this class.
 */
public final class SampleDroplet {
  private static final List<String> FILES =
      List.of("app/hello.sh", "app/server.pl", "profile.d/greeting.sh", "staging_info.yml");

  private SampleDroplet() {}

  /** Writes the droplet; the same bytes each time. */
  public static void write(Path file) throws IOException {
    try (var gzip = new GZIPOutputStream(Files.newOutputStream(file));
        var tar = new TarArchiveOutputStream(gzip, "UTF-8")) {
      for (var name : FILES) {
        var bytes = read(name);
        var entry = new TarArchiveEntry("./" + name);
        entry.setSize(bytes.length);
        entry.setMode(name.endsWith("hello.sh") ? 0755 : 0644);
        entry.setModTime(0);
        tar.putArchiveEntry(entry);
        tar.write(bytes);
        tar.closeArchiveEntry();
      }
      tar.finish();
    }
  }

  private static byte[] read(String name) throws IOException {
    try (var resource = SampleDroplet.class.getResourceAsStream("droplet/" + name)) {
      if (resource == null) {
        throw new FileNotFoundException("the sample's " + name + " is not in this program");
      }
      return resource.readAllBytes();
    }
  }
}
