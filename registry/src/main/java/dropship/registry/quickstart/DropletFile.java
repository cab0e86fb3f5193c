package dropship.registry.quickstart;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** A droplet that somebody has as a file. */
public record DropletFile(Path path) {
  private static final int LONGEST_NAME = 60;

  /** Why this cannot be a droplet, as far as its beginning tells. */
  public Optional<String> problem() {
    return problemWith(path).or(() -> isGzippedTar() ? Optional.empty() : Optional.of(whatItIs()));
  }

  /** Why there is no such file. */
  public static Optional<String> problemWith(Path file) {
    if (!Files.exists(file)) {
      return Optional.of("there is no such file");
    }
    if (Files.isDirectory(file)) {
      return Optional.of("a directory, expected a tar of what is in it");
    }
    return Files.isReadable(file) ? Optional.empty() : Optional.of("the file cannot be read");
  }

  private boolean isGzippedTar() {
    try (var bytes = new BufferedInputStream(Files.newInputStream(path));
        var tar = new TarArchiveInputStream(new GZIPInputStream(bytes), "UTF-8")) {
      var first = tar.getNextEntry();
      return first != null && first.isCheckSumOK();
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  private String whatItIs() {
    return "not a gzipped tar, as droplets are; the Cloud Controller makes them of apps:"
        + " cf download-droplet APP";
  }

  /** A repository's name, made of the file's. */
  public String name() {
    var name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    var plain = name.replaceAll("\\.(tgz|tar\\.gz|droplet)$", "").replaceAll("[^a-z0-9]+", "-");
    var bounded = plain.substring(0, Math.min(LONGEST_NAME, plain.length()));
    var stripped = bounded.replaceAll("^-+|-+$", "");
    return stripped.isEmpty() ? "droplet" : stripped;
  }
}
