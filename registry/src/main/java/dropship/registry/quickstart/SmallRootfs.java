package dropship.registry.quickstart;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * A root file system made of this machine's own bash, its everyday programs and the libraries they
 * need: enough for droplets of shell scripts. On a machine that is not Linux it has nothing to run,
 * and serves for trying pulls.
 */
public final class SmallRootfs {
  private static final List<String> PROGRAMS =
      List.of(
          "bash",
          "sh",
          "cat",
          "chmod",
          "cp",
          "cut",
          "date",
          "dirname",
          "basename",
          "echo",
          "env",
          "expr",
          "find",
          "grep",
          "head",
          "hostname",
          "id",
          "kill",
          "ln",
          "ls",
          "mkdir",
          "mktemp",
          "mv",
          "nproc",
          "printf",
          "ps",
          "pwd",
          "readlink",
          "rm",
          "rmdir",
          "sed",
          "seq",
          "sha256sum",
          "sleep",
          "sort",
          "stat",
          "tail",
          "tee",
          "test",
          "touch",
          "tr",
          "true",
          "uname",
          "uniq",
          "wc",
          "which",
          "xargs");

  /** A line of ldd: a name and where it was found, or the loader's path alone. */
  private static final Pattern LIBRARY = Pattern.compile("(?:=>)?\\s+(/\\S+) \\(0x");

  private static final long PATIENCE_SECONDS = 10;
  private static final int VCAP = 2000;

  private SmallRootfs() {}

  /** Whether programs of this machine can run in a container. */
  public static boolean canRun() {
    return System.getProperty("os.name").equals("Linux")
        && Files.isExecutable(Path.of("/bin/bash"));
  }

  /** Writes the tar; it depends on nothing but the files it is made of. */
  public static void write(Path tar) throws IOException, InterruptedException {
    try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(tar));
        var to = new TarArchiveOutputStream(file, "UTF-8")) {
      to.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      writeSkeleton(to);
      if (canRun()) {
        writePrograms(to);
      }
      to.finish();
    }
  }

  private static void writeSkeleton(TarArchiveOutputStream to) throws IOException {
    for (var name :
        List.of(
            "dev",
            "etc",
            "home",
            "proc",
            "run",
            "sys",
            "tmp",
            "usr",
            "usr/bin",
            "usr/lib",
            "usr/lib64",
            "usr/sbin",
            "var",
            "var/tmp")) {
      var directory = entry(name + "/", TarConstants.LF_DIR);
      directory.setMode(name.endsWith("tmp") ? 01777 : 0755);
      to.putArchiveEntry(directory);
      to.closeArchiveEntry();
    }
    for (var name : List.of("bin", "lib", "lib64", "sbin")) {
      link(to, name, "usr/" + name);
    }
    text(
        to,
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\nvcap:x:%d:%d:app:/home/vcap:/bin/bash\n"
            .formatted(VCAP, VCAP));
    text(to, "etc/group", "root:x:0:\nvcap:x:%d:\n".formatted(VCAP));
    text(to, "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
  }

  private static void writePrograms(TarArchiveOutputStream to)
      throws IOException, InterruptedException {
    var files = new TreeMap<String, Path>();
    for (var name : PROGRAMS) {
      var program = find(name);
      if (program.isPresent()) {
        files.put("usr/bin/" + name, program.get());
        for (var library : libraries(program.get())) {
          files.put(merged(library), Path.of(library));
        }
      }
    }
    for (Map.Entry<String, Path> each : files.entrySet()) {
      var file = each.getValue().toRealPath();
      var entry = entry(each.getKey(), TarConstants.LF_NORMAL);
      entry.setMode(0755);
      entry.setSize(Files.size(file));
      to.putArchiveEntry(entry);
      Files.copy(file, to);
      to.closeArchiveEntry();
    }
  }

  private static Optional<Path> find(String program) {
    return Arrays.stream("/usr/bin:/bin:/usr/sbin:/sbin".split(":"))
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * The libraries a program is linked with, the loader among them; none for a static one or a
   * script.
   */
  private static List<String> libraries(Path program) throws IOException, InterruptedException {
    var process =
        new ProcessBuilder("ldd", program.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroy();
    }
    return LIBRARY.matcher(output).results().map((MatchResult found) -> found.group(1)).toList();
  }

  /**
   * Where a library goes: {@code /lib} is a link to {@code /usr/lib} here, whatever it is outside.
   */
  private static String merged(String library) {
    return (library.startsWith("/usr/") ? library : "/usr" + library).substring(1);
  }

  private static void link(TarArchiveOutputStream to, String name, String target)
      throws IOException {
    var link = entry(name, TarConstants.LF_SYMLINK);
    link.setLinkName(target);
    to.putArchiveEntry(link);
    to.closeArchiveEntry();
  }

  private static void text(TarArchiveOutputStream to, String name, String text) throws IOException {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    var entry = entry(name, TarConstants.LF_NORMAL);
    entry.setMode(0644);
    entry.setSize(bytes.length);
    to.putArchiveEntry(entry);
    to.write(bytes);
    to.closeArchiveEntry();
  }

  private static TarArchiveEntry entry(String name, byte type) {
    var entry = new TarArchiveEntry(name, type);
    entry.setIds(0, 0);
    entry.setNames("", "");
    entry.setModTime(0);
    return entry;
  }
}
