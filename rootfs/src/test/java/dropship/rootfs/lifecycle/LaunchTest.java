package dropship.rootfs.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the script makes of its surroundings before it becomes the app. */
class LaunchTest {
  private static final Map<String, String> NONE = Map.of();

  @TempDir Path directory;
  private Launching launch;

  @BeforeEach
  void layOut() throws IOException {
    launch = new Launching(directory);
  }

  @Test
  void theCommandOfTheEnvironmentIsRunBeforeAnyOther() throws Exception {
    launch.with("staging_info.yml", "{\"start_command\":\"echo staged\"}");
    var environment = Map.of("START_COMMAND", "echo $((40 + 2)) by bash");
    assertThat(launch.run(environment, "echo", "argument").output()).isEqualTo("42 by bash\n");
  }

  @Test
  void argumentsAreRunBeforeTheStagedCommand() throws Exception {
    launch.with("staging_info.yml", "{\"start_command\":\"echo staged\"}");
    assertThat(launch.run(NONE, "echo $((40 + 2)); echo 'a  b'").output()).isEqualTo("42\na  b\n");
    assertThat(launch.run(Map.of("START_COMMAND", ""), "printf", "<%s>", "a  b", "$HOME").output())
        .isEqualTo("<a  b><$HOME>");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "{\"detected_buildpack\":\"x\",\"start_command\":\"echo it\"}  | it",
        "{ \"start_command\" : \"echo it\", \"config\": {\"a\": 1} }   | it",
        "{\"start_command\":\"echo 'a \\u0026 b \\u003e c'\"}          | a & b > c",
        "{\"start_command\":\"echo '\\\"q\\\" \\/ \\\\ \\\\u0026'\"}   | \"q\" / \\ \\u0026",
        "{\"start_command\":\"echo 'a\\tb'\"}                          | a\tb",
        "{\"start_command\":\"echo \\u00e9\\ud83d\\udca7\\uD83D\\uDCA7é\"} | é💧💧é",
        "{\"start_command\":\"echo one\\necho two\"}                   | `one\ntwo`",
        "start_command: echo yaml: it                                  | yaml: it",
        "`detected_buildpack: x\nstart_command: echo yaml\nmore: x`    | yaml",
        "`---\nstart_command: \"echo \\\"it\\\" \\u00e9\"`             | it é",
        "`---\nstart_command: 'echo \"a: b\"'`                         | a: b",
        "`---\nstart_command: 'echo ''it  is'''`                       | it  is",
      })
  void theStagedCommandIsReadFromJsonAndFromYaml(String info, String output) throws Exception {
    launch.with("staging_info.yml", info);
    assertThat(launch.run(NONE).output()).isEqualTo(output + "\n");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "``",
        "{}",
        "{\"start_command\":\"\"}",
        "detected_buildpack: ruby",
        "start_command:"
      })
  void withoutACommandItSaysSoAndEnds(String info) throws Exception {
    launch.with("staging_info.yml", info);
    var ended = launch.run(NONE);
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.errors()).contains("no start command");
    assertThat(ended.output()).isEmpty();
  }

  @Test
  void withoutStagingInfoEitherItEndsLikewise() throws Exception {
    assertThat(launch.run(NONE).status()).isEqualTo(1);
  }

  @Test
  void theAppStartsInItsDirectoryAndKnowsTheOthers() throws Exception {
    var ended = launch.run(NONE, "pwd; echo $HOME; echo $TMPDIR; echo $DEPS_DIR; test -d $TMPDIR");
    var home = launch.home();
    assertThat(ended.output().lines())
        .containsExactly(home + "/app", home + "/app", home + "/tmp", home + "/deps");
    assertThat(ended.status()).isZero();
  }

  @Test
  void profileScriptsAreRunInOrderAndWhatTheySetIsTheApps() throws Exception {
    launch
        .with("app/.profile", "export TRACE=\"$TRACE app-profile $#\"")
        .with("app/.profile.d/a.sh", "export TRACE=\"$TRACE app-a\"; cd /")
        .with("profile.d/2.sh", "export TRACE=\"$TRACE 2\"")
        .with("profile.d/10.sh", "export TRACE=\"$TRACE 10 $PWD\"")
        .with("profile.d/directory/x.sh", "export TRACE=\"$TRACE never\"");
    assertThat(launch.run(Map.of("TRACE", "start"), "printf", "%s", "unused").output())
        .isEqualTo("unused");
    assertThat(launch.run(Map.of("TRACE", "start"), "echo $TRACE").output())
        .isEqualTo("start 10 " + launch.home() + "/app 2 app-a app-profile 0\n");
  }

  @ParameterizedTest
  @CsvSource({"app-space-0a1b-3, 3", "app-0, 0", "app-12, 12", "app, 0", "app-x, 0", "'', 0"})
  void theIndexIsTheEndOfThePodsName(String pod, String index) throws Exception {
    var ended = launch.run(Map.of("POD_NAME", pod), "echo $CF_INSTANCE_INDEX $INSTANCE_INDEX");
    assertThat(ended.output()).isEqualTo(index + " " + index + "\n");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {"{\"name\":\"app\"}", "{}", "` {\n\"name\": \"a}b\" }\n`"})
  void theApplicationIsToldWhichInstanceItIs(String application) throws Exception {
    var ended =
        launch.run(
            Map.of("VCAP_APPLICATION", application, "PORT", "8081", "POD_NAME", "app-2"),
            "echo \"$VCAP_APPLICATION\"; echo $CF_INSTANCE_GUID; echo $INSTANCE_GUID");
    var end = ended.output().stripTrailing().lines().toList().reversed();
    var json = new ObjectMapper().readTree(ended.output());
    assertThat(json.path("host").asText()).isEqualTo("0.0.0.0");
    assertThat(json.path("port").isInt()).isTrue();
    assertThat(json.path("port").asInt()).isEqualTo(8081);
    assertThat(json.path("instance_index").asInt()).isEqualTo(2);
    assertThat(json.path("instance_id").asText())
        .matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
        .isEqualTo(end.get(0))
        .isEqualTo(end.get(1));
    assertThat(json.path("name")).isEqualTo(new ObjectMapper().readTree(application).path("name"));
  }

  @Test
  void whatIsNotSetStaysUnset() throws Exception {
    var ended = launch.run(NONE, "echo ${VCAP_APPLICATION-unset} ${DATABASE_URL-unset}");
    assertThat(ended.output()).isEqualTo("unset unset\n");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "mysql://u:p@h/d              | mysql2://u:p@h/d",
        "mysql2://u:p@h/d             | mysql2://u:p@h/d",
        "postgres://u:p@h/d           | postgres://u:p@h/d",
        "postgresql://u:p@h/d?a\\u0026b | postgres://u:p@h/d?a&b",
        "db2://u:p@h/d                | db2://u:p@h/d",
        "amqp://u:p@h                 | none",
      })
  void theAddressOfTheDatabaseIsThatOfTheFirstRelationalOne(String uri, String url)
      throws Exception {
    var services =
        "{\"user-provided\":[{\"credentials\":{\"uri\":\"redis://r\"}},{\"credentials\":{\"uri\":\"%s\"}}]}"
            .formatted(uri);
    assertThat(launch.run(Map.of("VCAP_SERVICES", services), "echo ${DATABASE_URL-none}").output())
        .isEqualTo(url + "\n");
  }

  @Test
  void credentialsThatCredHubKeepsAreRefused() throws Exception {
    var platform = "{\"credhub-uri\":\"https://credhub\"}";
    var refused =
        launch.run(
            Map.of(
                "VCAP_PLATFORM_OPTIONS",
                platform,
                "VCAP_SERVICES",
                "{\"x\":[{\"credentials\":{\"credhub-ref\":\"/c\"}}]}"),
            "echo started");
    assertThat(refused.status()).isEqualTo(3);
    assertThat(refused.errors()).contains("CredHub");
    assertThat(refused.output()).isEmpty();

    var plain =
        launch.run(
            Map.of("VCAP_PLATFORM_OPTIONS", platform), "echo ${VCAP_PLATFORM_OPTIONS-unset}");
    assertThat(plain.output()).isEqualTo("unset\n");
  }
}
