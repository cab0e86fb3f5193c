package dropship.registry.quickstart;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The shared libraries that programs are linked with, as the machine's own ldd finds them. */
final class Libraries {
  /**
   * A line of ldd, of glibc or musl: what is wanted and where it was found, or a path alone. The
   * loader is wanted by its path, which is where it must be.
   */
  private static final Pattern FOUND = Pattern.compile("(?m)^\\s+(?:(\\S+) => )?(/\\S+) \\(0x");

  private Libraries() {}

  /**
   * The libraries of a program, the loader among them: where each must be, and the file it is. None
   * for a static program or a script.
   */
  static Map<String, Path> of(Path program) throws IOException, InterruptedException {
    var ldd =
        new ProcessBuilder("ldd", program.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    ldd.environment().keySet().removeIf(name -> name.startsWith("LD_"));
    var process = ldd.start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return in(output);
  }

  static Map<String, Path> in(String output) {
    var libraries = new TreeMap<String, Path>();
    var lines = FOUND.matcher(output);
    while (lines.find()) {
      var file = lines.group(2);
      var wanted = lines.group(1);
      libraries.put(wanted != null && wanted.startsWith("/") ? wanted : file, Path.of(file));
    }
    return libraries;
  }
}
