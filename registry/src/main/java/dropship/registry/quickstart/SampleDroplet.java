package dropship.registry.quickstart;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** A droplet for those who have none: a shell script that says where it runs. */
public final class SampleDroplet {
  private static final Map<String, String> FILES =
      new TreeMap<>(
          Map.of(
              "./app/hello.sh",
              """
              #!/bin/bash
              echo "Hello from a droplet: $GREETING"
              echo "I am uid $(id -u) in $PWD, instance $CF_INSTANCE_INDEX, and would listen on port $PORT."
              """,
              "./profile.d/greeting.sh",
              "export GREETING='profile.d has been read'\n",
              "./staging_info.yml",
              "{\"detected_buildpack\":\"binary\",\"start_command\":\"./hello.sh\"}"));

  private SampleDroplet() {}

  /** Writes the droplet; the same bytes each time. */
  public static void write(Path file) throws IOException {
    try (var gzip = new GZIPOutputStream(Files.newOutputStream(file));
        var tar = new TarArchiveOutputStream(gzip, "UTF-8")) {
      for (var each : FILES.entrySet()) {
        var bytes = each.getValue().getBytes(StandardCharsets.UTF_8);
        var entry = new TarArchiveEntry(each.getKey());
        entry.setSize(bytes.length);
        entry.setMode(each.getKey().endsWith("hello.sh") ? 0755 : 0644);
        entry.setModTime(0);
        tar.putArchiveEntry(entry);
        tar.write(bytes);
        tar.closeArchiveEntry();
      }
      tar.finish();
    }
  }
}
