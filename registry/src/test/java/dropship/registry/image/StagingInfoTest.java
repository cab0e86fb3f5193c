package dropship.registry.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class StagingInfoTest {
  private static final Instant STAGED = Instant.parse("2024-05-06T07:08:09Z");

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "{\"detected_buildpack\":\"ruby\",\"start_command\":\"a \\u0026 b\"} | a & b | ruby",
        "{\"start_command\":\"run\",\"config\":{\"start_command\":\"no\"}} | run |",
        "{\"detected_buildpack\":\"ruby\",\"start_command\":null} | | ruby",
        "{\"detected_buildpack\":\"  \",\"start_command\":\"\"} | |",
        "{\"start_command\":[\"a\",\"b\"]} | |",
        "`---\ndetected_buildpack: Ruby 1.8\nstart_command: bundle exec rackup -p $PORT` | bundle exec rackup -p $PORT | Ruby 1.8",
        "`start_command: 'it''s'` | it's |",
        "`start_command: |\n  two\n  lines\n` | `two\nlines\n` |",
        "[1, 2] | |",
        "just text | |",
        "`` | |",
      })
  void itIsReadAsJsonOrYaml(String file, String command, String buildpack) {
    assertThat(StagingInfo.parse(file.getBytes(UTF_8), STAGED))
        .isEqualTo(
            new StagingInfo(Optional.ofNullable(command), Optional.ofNullable(buildpack), STAGED));
  }

  static byte[][] garbage() {
    return new byte[][] {
      "{\"start_command\":\"broken".getBytes(UTF_8),
      "a: b: c: d".getBytes(UTF_8),
      "\t- x\n @".getBytes(UTF_8),
      "\0\0\0".getBytes(UTF_8),
      {'a', ':', ' ', (byte) 0xff, (byte) 0xc0},
      {(byte) 0xfe, (byte) 0xff, 0, 'a', (byte) 0xd8, 0},
      "[".repeat(10_000).getBytes(UTF_8),
      "a: ".repeat(10_000).getBytes(UTF_8),
      "- ".repeat(10_000).getBytes(UTF_8),
      ("a: " + "9".repeat(5_000)).getBytes(UTF_8),
      "a: *b".getBytes(UTF_8),
      "start_command: !!javax.script.ScriptEngineManager []".getBytes(UTF_8),
    };
  }

  @ParameterizedTest
  @MethodSource("garbage")
  void whatCannotBeUnderstoodCountsAsNotSaid(byte[] file) {
    assertThat(StagingInfo.parse(file, STAGED))
        .isEqualTo(new StagingInfo(Optional.empty(), Optional.empty(), STAGED));
  }

  @Test
  void aDropletWithoutTheFileWasStagedAtTheEpoch() {
    assertThat(StagingInfo.NONE.created()).isEqualTo(Instant.EPOCH);
  }
}
