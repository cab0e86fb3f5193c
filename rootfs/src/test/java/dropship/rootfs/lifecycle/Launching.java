package dropship.rootfs.lifecycle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** The script that starts apps, in a directory laid out as an image is. */
final class Launching {
  private final Path root;
  private final Path script;

  Launching(Path root) throws IOException {
    this.root = root;
    this.script = root.resolve("lifecycle/launch");
    Files.createDirectories(root.resolve("home/vcap/app"));
    Files.createDirectories(script.getParent());
    try (var from = LifecycleLayer.class.getResourceAsStream("launch")) {
      Files.copy(Objects.requireNonNull(from), script);
    }
  }

  /** What a run of the script has given. */
  record Ended(int status, String output, String errors) {}

  Path home() {
    return root.resolve("home/vcap");
  }

  Launching with(String path, String content) throws IOException {
    var file = home().resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    return this;
  }

  Ended run(Map<String, String> environment, String... arguments) throws Exception {
    return end(start(List.of(), environment, arguments));
  }

  /** Starts the script by {@code prefix}, with no environment but the given one. */
  Process start(List<String> prefix, Map<String, String> environment, String... arguments)
      throws IOException {
    var command = new ArrayList<>(prefix);
    command.addAll(List.of("bash", script.toString()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectError(root.resolve("errors").toFile());
    builder.environment().clear();
    builder.environment().put("PATH", System.getenv("PATH"));
    builder.environment().putAll(environment);
    return builder.start();
  }

  Ended end(Process process) throws Exception {
    try (var output = process.getInputStream()) {
      process.getOutputStream().close();
      var reading =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return new String(output.readAllBytes(), UTF_8);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              },
              Thread::startVirtualThread);
      if (!process.waitFor(20, SECONDS)) {
        throw new AssertionError("the script has not ended in 20 s");
      }
      return new Ended(
          process.exitValue(), reading.get(20, SECONDS), Files.readString(root.resolve("errors")));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
