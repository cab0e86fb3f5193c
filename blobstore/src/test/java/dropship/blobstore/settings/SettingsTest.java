package dropship.blobstore.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys, their values, and what is said of wrong ones. */
class SettingsTest {
  private static final Path FILE = Path.of("/etc/dropship/dropship.yml");

  private enum Color {
    RED,
    GREEN
  }

  private static Settings of(String yaml) {
    return Settings.of(yaml, FILE, Map.of());
  }

  private static List<String> problems(Settings settings) {
    var failure = catchThrowableOfType(InvalidSettings.class, settings::rejectProblems);
    return failure == null ? List.of() : failure.problems();
  }

  @ParameterizedTest
  @CsvSource({
    "0B, 0",
    "1B, 1",
    "1K, 1024",
    "1KB, 1024",
    "64KiB, 65536",
    "64 KiB, 65536",
    "3MiB, 3145728",
    "1536MiB, 1610612736",
    "8GiB, 8589934592",
    "2TiB, 2199023255552",
    "8388607TiB, 9223370937343148032"
  })
  void readsSizes(String text, long bytes) {
    var settings = of("size: " + text);

    assertThat(settings.size("size", -1)).isEqualTo(bytes);
    assertThat(problems(settings)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"64", "0", "-1MiB", "1.5GiB", "1PiB", "1mib", "MiB", "8388608TiB", "[]", "{}"})
  void refusesWhatIsNoSize(String text) {
    var settings = of("size: " + text);

    assertThat(settings.size("size", 7)).isEqualTo(7);
    assertThat(problems(settings))
        .singleElement()
        .asString()
        .startsWith("size: is ")
        .endsWith("expected a size such as 64KiB, 512MiB or 8GiB");
  }

  @ParameterizedTest
  @CsvSource({"500ms, PT0.5S", "30s, PT30S", "5m, PT5M", "2h, PT2H", "30d, PT720H", "0s, PT0S"})
  void readsDurations(String text, Duration duration) {
    var settings = of("time: " + text);

    assertThat(settings.duration("time", Duration.ZERO)).isEqualTo(duration);
    assertThat(problems(settings)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"30", "s", "-1s", "1.5h", "1w", "1M", "PT1H", "1h30m", "1234567890s"})
  void refusesWhatIsNoDuration(String text) {
    var settings = of("time: " + text);

    settings.duration("time", Duration.ZERO);

    assertThat(problems(settings)).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0:5000, 0.0.0.0, 5000, 0.0.0.0:5000",
    "localhost:0, localhost, 0, localhost:0",
    "a.example-1.com:65535, a.example-1.com, 65535, a.example-1.com:65535",
    "'[::1]:8080', ::1, 8080, [::1]:8080"
  })
  void readsAddresses(String text, String host, int port, String shown) {
    var settings = of("listen: \"" + text + "\"");

    var address = settings.address("listen");

    assertThat(address).isEqualTo(new Address(host, port));
    assertThat(address).hasToString(shown);
    assertThat(problems(settings)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "8080",
        ":8080",
        "host",
        "host:",
        "host:65536",
        "host:-1",
        "::1:8080",
        "a b:1",
        "http://a:1"
      })
  void refusesWhatIsNoAddress(String text) {
    var settings = of("listen: \"" + text + "\"");

    settings.address("listen");

    assertThat(problems(settings)).hasSize(1);
  }

  @Test
  void saysThatAKeyIsMissing() {
    var settings = of("");

    settings.address("listen");
    settings.text("name");
    settings.path("path");
    settings.words("actions", List.of("a", "b"));

    assertThat(problems(settings))
        .containsExactly(
            "listen: expected host:port such as 0.0.0.0:5000",
            "name: expected a text",
            "path: expected a path",
            "actions: expected a list of: a, b");
  }

  @Test
  void takesDefaultsForWhatIsAbsentOrEmpty() {
    for (var yaml : new String[] {"", "a:\nb:\nc:\n", "# only a comment"}) {
      var settings = of(yaml);

      assertThat(settings.size("a", 1)).isEqualTo(1);
      assertThat(settings.choice("b", Color.GREEN)).isEqualTo(Color.GREEN);
      assertThat(settings.list("c", entry -> entry)).isEmpty();
      assertThat(problems(settings)).isEmpty();
    }
  }

  @Test
  void readsChoicesByTheirLowerCaseNames() {
    assertThat(of("color: red").choice("color", Color.GREEN)).isEqualTo(Color.RED);
    var settings = of("color: RED");
    settings.choice("color", Color.GREEN);
    assertThat(problems(settings)).containsExactly("color: is 'RED', expected one of: red, green");
  }

  @Test
  void resolvesPathsAgainstTheFilesDirectory() {
    assertThat(of("path: data/../store").path("path")).isEqualTo(Path.of("/etc/dropship/store"));
    assertThat(of("path: /var/store").path("path")).isEqualTo(Path.of("/var/store"));
  }

  @Test
  void findsFilesThatCanBeReadAndNoOthers(@TempDir Path directory) throws Exception {
    Files.writeString(directory.resolve("there"), "");
    var file = Files.writeString(directory.resolve("dropship.yml"), "a: there\nb: missing\nc: .\n");
    var settings = Settings.read(file, Map.of());

    assertThat(settings.file("a")).isEqualTo(directory.resolve("there"));
    settings.file("b");
    settings.file("c");

    assertThat(problems(settings)).hasSize(2);
  }

  @Test
  void reportsUnknownKeysWhereverTheyAre() {
    var settings =
        of(
            """
            section: {known: 1, unknown: 2, deeper: {wrong: 3}}
            list: [{name: a}, {name: b, nme: c}]
            other: {a: 1}
            """);

    settings.section("section").count("known", 0);
    settings.section("section").section("deeper").count("right", 0);
    settings.list("list", entry -> entry.text("name"));

    assertThat(problems(settings))
        .containsExactlyInAnyOrder(
            "section.unknown: not a key; expected one of: deeper, known",
            "section.deeper.wrong: not a key; expected one of: right",
            "list[1].nme: not a key; expected one of: name",
            "other: not a key; expected one of: list, section");
  }

  @Test
  void saysThatASectionOrAListIsNone() {
    var settings = of("section: 7\nlist: {a: 1}\n");

    settings.section("section").count("known", 0);
    settings.list("list", entry -> entry.text("name"));

    assertThat(problems(settings))
        .contains(
            "section: is 7, expected a map of keys to values",
            "list: is {\"a\":1}, expected a list");
  }

  @ParameterizedTest
  @CsvSource({
    "registry.listen, DROPSHIP_REGISTRY_LISTEN",
    "image.maxUncompressedSize, DROPSHIP_IMAGE_MAX_UNCOMPRESSED_SIZE",
    "limits.appStash, DROPSHIP_LIMITS_APP_STASH"
  })
  void letsTheEnvironmentReplaceAKey(String key, String variable) {
    int dot = key.indexOf('.');
    var section = key.substring(0, dot);
    var name = key.substring(dot + 1);
    var yaml = "%s: {%s: file}".formatted(section, name);

    assertThat(of(yaml).section(section).text(name)).isEqualTo("file");
    var settings = Settings.of(yaml, FILE, Map.of(variable, "environment"));
    assertThat(settings.section(section).text(name)).isEqualTo("environment");
    assertThat(settings.section(section).has(name)).isTrue();
  }

  @Test
  void findsInTheEnvironmentWhatTheFileDoesNotHave() {
    var settings = Settings.of("", FILE, Map.of("DROPSHIP_TLS_KEY", "k"));

    assertThat(settings.has("tls")).isTrue();
    assertThat(settings.has("other")).isFalse();
    assertThat(settings.section("tls").text("key")).isEqualTo("k");
  }

  @Test
  void takesListsFromTheEnvironmentAsJson() {
    var settings =
        Settings.of(
            "users: [{name: file}]",
            FILE,
            Map.of(
                "DROPSHIP_USERS",
                "[{\"name\":\"a\",\"may\":[\"x\"]},{\"name\":\"b\",\"may\":[\"y\"]}]"));

    assertThat(
            settings.list(
                "users", user -> user.text("name") + user.words("may", List.of("x", "y"))))
        .containsExactly("a[x]", "b[y]");
    assertThat(problems(settings)).isEmpty();
    var broken = Settings.of("", FILE, Map.of("DROPSHIP_USERS", "[{"));
    broken.list("users", user -> user.text("name"));
    assertThat(problems(broken)).containsExactly("users: is '[{', expected a list");
  }

  @Test
  void saysWhichFileIsNoConfiguration(@TempDir Path directory) throws Exception {
    var missing = directory.resolve("missing.yml");
    assertThatThrownBy(() -> Settings.read(missing, Map.of()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(missing + " has 1 problem:");
    for (var text : new String[] {"a: [", "just text", "- a\n- b\n", "\t: x"}) {
      assertThatThrownBy(() -> of(text))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageStartingWith(FILE + " has 1 problem:");
    }
  }

  @Test
  void readsTextsThatMayBeLeftOut() {
    var pattern = Pattern.compile("[a-z]+");
    var settings = of("some: [a, b]\nnone: []\nwrong: [a, B]\nsingle: a\n");

    assertThat(settings.texts("some", List.of("x"), pattern, "words")).containsExactly("a", "b");
    assertThat(settings.texts("none", List.of("x"), pattern, "words")).isEmpty();
    assertThat(settings.texts("absent", List.of("x"), pattern, "words")).containsExactly("x");
    assertThat(settings.texts("wrong", List.of("x"), pattern, "words")).containsExactly("x");
    assertThat(settings.texts("single", List.of("x"), pattern, "words")).containsExactly("x");
    assertThatThrownBy(settings::rejectProblems)
        .hasMessageContainingAll(
            "wrong: is [\"a\",\"B\"], expected a list of words",
            "single: is 'a', expected a list of words");
  }
}
