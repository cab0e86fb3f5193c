package dropship.registry.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/**
 * What a droplet says of its own staging, in {@code staging_info.yml}: JSON by today's buildpacks,
 * YAML by older ones.
 *
 * @param created the file's time, which is when the droplet was staged; else the epoch
 */
record StagingInfo(Optional<String> startCommand, Optional<String> buildpack, Instant created) {
  static final String FILE = "staging_info.yml";

  /** What a droplet without the file is taken to say. */
  static final StagingInfo NONE =
      new StagingInfo(Optional.empty(), Optional.empty(), Instant.EPOCH);

  /** More than this is not read. */
  static final int LIMIT = 64 * 1024;

  private static final YAMLMapper YAML = new YAMLMapper();

  /**
   * Reads the file; what cannot be understood counts as not said, for the app may start without.
   */
  static StagingInfo parse(byte[] file, Instant created) {
    try {
      var info = YAML.readTree(file);
      return info == null
          ? new StagingInfo(Optional.empty(), Optional.empty(), created)
          : new StagingInfo(text(info, "start_command"), text(info, "detected_buildpack"), created);
    } catch (JsonProcessingException notUnderstood) {
      return new StagingInfo(Optional.empty(), Optional.empty(), created);
    } catch (IOException impossible) {
      throw new IllegalStateException("reading from memory", impossible);
    }
  }

  private static Optional<String> text(JsonNode info, String key) {
    return Optional.of(info.path(key).asText("")).filter(text -> !text.isBlank());
  }
}
