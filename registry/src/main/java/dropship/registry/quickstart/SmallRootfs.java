package dropship.registry.quickstart;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * A root file system made of this machine's own bash, its everyday programs and the libraries they
 * need: enough for droplets of shell scripts. Where that cannot be, it has nothing to run, and
 * serves for trying pulls.
 *
 * @param programs names in the tar, and the files they stand for
 * @param whyEmpty why nothing can run on it
 */
public record SmallRootfs(Map<String, Path> programs, Optional<String> whyEmpty) {
  private static final List<Path> DIRECTORIES =
      List.of(Path.of("/usr/bin"), Path.of("/bin"), Path.of("/usr/sbin"), Path.of("/sbin"));

  private static final String[] PROGRAMS =
      """
      bash sh coreutils
      [ b2sum base32 base64 basename cat chgrp chmod chown cksum comm cp csplit cut date dd df dir
      dirname du echo env expand expr factor false fmt fold groups head id install join link ln
      logname ls md5sum mkdir mkfifo mktemp mv nice nl nohup nproc numfmt od paste pathchk pr
      printenv printf pwd readlink realpath rm rmdir seq sha1sum sha224sum sha256sum sha384sum
      sha512sum shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch tr
      true truncate tsort tty uname unexpand uniq unlink wc whoami yes
      awk cmp diff egrep fgrep find grep gunzip gzip hostname kill perl ps sed tar which xargs
      """
          .strip()
          .split("\\s+");

  private static final List<String> SKELETON =
      List.of(
          "dev",
          "etc",
          "home",
          "proc",
          "root",
          "run",
          "sys",
          "tmp",
          "usr",
          "usr/bin",
          "usr/lib",
          "usr/lib64",
          "usr/sbin",
          "var",
          "var/tmp");

  /** Directories of old, which lead to those of the same name in usr. */
  private static final List<String> MERGED = List.of("bin", "lib", "lib64", "sbin");

  private static final String SMALL = "small-";
  private static final String EMPTY = "empty-";
  private static final int VCAP = 2000;

  /** Looks around on this machine. */
  public static SmallRootfs ofThisMachine() throws IOException, InterruptedException {
    return of(System.getProperty("os.name"), DIRECTORIES);
  }

  static SmallRootfs of(String os, List<Path> directories)
      throws IOException, InterruptedException {
    if (!os.equals("Linux")) {
      return empty("this machine is not a Linux");
    }
    if (find("bash", directories).isEmpty()) {
      return empty("this machine has no bash where it was looked for");
    }
    if (find("ldd", directories).isEmpty()) {
      return empty("this machine has no ldd, which knows the libraries a program needs");
    }
    var files = new TreeMap<String, Path>();
    for (var name : PROGRAMS) {
      var program = find(name, directories);
      if (program.isPresent() && files.put("usr/bin/" + name, program.get()) == null) {
        Libraries.of(program.get()).forEach((where, file) -> files.put(merged(where), file));
      }
    }
    return new SmallRootfs(files, Optional.empty());
  }

  private static SmallRootfs empty(String why) {
    return new SmallRootfs(Map.of(), Optional.of(why));
  }

  private static Optional<Path> find(String program, List<Path> directories) {
    return directories.stream()
        .map(directory -> directory.resolve(program))
        .filter(file -> Files.isExecutable(file) && Files.isReadable(file))
        .findFirst();
  }

  /** Where a file of this machine goes, whether or not its directories of old are links. */
  private static String merged(String path) {
    var inside = path.substring(1);
    return MERGED.contains(inside.replaceFirst("/.*", "")) ? "usr/" + inside : inside;
  }

  /** A name for it as a version, which says what it is like. */
  public String version(String hash) {
    return (whyEmpty.isPresent() ? EMPTY : SMALL) + hash;
  }

  /** Whether this is a version with nothing to run. */
  public static boolean isEmpty(String version) {
    return version.startsWith(EMPTY);
  }

  /** Whether this is a version of a machine's own programs. */
  public static boolean isSmall(String version) {
    return version.startsWith(SMALL);
  }

  /** Writes the tar; it depends on nothing but the files it is made of. */
  public void write(Path tar) throws IOException {
    try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(tar));
        var to = new TarArchiveOutputStream(file, "UTF-8")) {
      to.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      writeDirectories(to);
      for (var name : MERGED) {
        link(to, TarConstants.LF_SYMLINK, name, "usr/" + name);
      }
      text(
          to,
          "etc/passwd",
          "root:x:0:0:root:/root:/bin/bash\nvcap:x:%d:%d:app:/home/vcap:/bin/bash\n"
              .formatted(VCAP, VCAP));
      text(to, "etc/group", "root:x:0:\nvcap:x:%d:\n".formatted(VCAP));
      text(to, "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
      writePrograms(to);
      to.finish();
    }
  }

  /**
   * All of them, parents first: some runtimes make those that are missing so that none may enter.
   */
  private void writeDirectories(TarArchiveOutputStream to) throws IOException {
    var directories = new TreeSet<>(SKELETON);
    for (var name : programs.keySet()) {
      for (int end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
        directories.add(name.substring(0, end));
      }
    }
    for (var name : directories) {
      var directory = entry(name + "/", TarConstants.LF_DIR);
      directory.setMode(name.endsWith("tmp") ? 01777 : 0755);
      to.putArchiveEntry(directory);
      to.closeArchiveEntry();
    }
  }

  /** On some machines one file is many programs: it is written once. */
  private void writePrograms(TarArchiveOutputStream to) throws IOException {
    var written = new HashMap<Path, String>();
    for (var each : new TreeMap<>(programs).entrySet()) {
      var file = each.getValue().toRealPath();
      var first = written.putIfAbsent(file, each.getKey());
      if (first != null) {
        link(to, TarConstants.LF_LINK, each.getKey(), first);
        continue;
      }
      var entry = entry(each.getKey(), TarConstants.LF_NORMAL);
      entry.setMode(0755);
      entry.setSize(Files.size(file));
      to.putArchiveEntry(entry);
      Files.copy(file, to);
      to.closeArchiveEntry();
    }
  }

  private static void link(TarArchiveOutputStream to, byte type, String name, String target)
      throws IOException {
    var link = entry(name, type);
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
