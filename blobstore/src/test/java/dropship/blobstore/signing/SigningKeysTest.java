package dropship.blobstore.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SigningKeysTest {
  private static final Optional<String> NONE = Optional.empty();
  private static final Map<String, String> KEYS = Map.of("k1", "geheim", "k2", "secreto");

  @Test
  void mayBeOfOneSchemeOrOfBoth() {
    assertThat(new SigningKeys(NONE, Map.of(), Optional.of("s")).secretOf(NONE)).contains("s");
    var both = new SigningKeys(Optional.of("k2"), KEYS, Optional.of("s"));
    assertThat(both.secretOf(NONE)).contains("s");
    assertThat(both.secretOf(Optional.of("k1"))).contains("geheim");
    assertThat(both.secretOf(Optional.of("k2"))).contains("secreto");
    assertThat(both.secretOf(Optional.of("k3"))).isEmpty();
    assertThat(new SigningKeys(Optional.of("k2"), KEYS, NONE).secretOf(NONE)).isEmpty();
    // Keys that are still good, while new URLs are signed as they were first.
    assertThat(new SigningKeys(NONE, KEYS, Optional.of("s")).secretOf(Optional.of("k1")))
        .contains("geheim");
  }

  @Test
  void cannotBeNone() {
    assertThatThrownBy(() -> new SigningKeys(NONE, Map.of(), NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "there is no key to sign URLs with, expected keys of which one is active, or a secret");
  }

  @Test
  void haveOneToSignWith() {
    assertThatThrownBy(() -> new SigningKeys(NONE, KEYS, NONE))
        .hasMessage("there are keys to sign URLs with but none is active, expected one of k1, k2");
    assertThatThrownBy(() -> new SigningKeys(Optional.of("k3"), KEYS, Optional.of("s")))
        .hasMessage("the active signing key is 'k3', expected one of the keys: k1, k2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\n"})
  void areNeverEmpty(String empty) {
    assertThatThrownBy(() -> new SigningKeys(NONE, Map.of(), Optional.of(empty)))
        .hasMessage("the signing secret is empty");
    assertThatThrownBy(() -> new SigningKeys(Optional.of("k1"), KEYS, Optional.of(empty)))
        .hasMessage("the signing secret is empty");
    assertThatThrownBy(() -> new SigningKeys(Optional.of("k"), Map.of("k", empty), NONE))
        .hasMessage("the secret of the signing key 'k' is empty");
    assertThatThrownBy(() -> new SigningKeys(Optional.of("k"), Map.of("k", "s", empty, "s"), NONE))
        .hasMessage("a signing key has no id");
  }

  @Test
  void areNotPrinted() {
    assertThat(new SigningKeys(Optional.of("k1"), KEYS, Optional.of("s"))).hasToString("***");
  }
}
