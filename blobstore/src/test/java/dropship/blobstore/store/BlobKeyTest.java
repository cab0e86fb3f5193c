package dropship.blobstore.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BlobKeyTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "../a",
        "a/..",
        "a/../b",
        "a/./b",
        "a\\b",
        "a\0b",
        "a\nb",
        "a/\u00e4"
      })
  void refusesWhatCouldLeadElsewhere(String text) {
    assertThatThrownBy(() -> new BlobKey(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a key");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a/b", "...", "..a", "a..", ".a/b.", "a b", "sha256:abc", "a/b=%2e"})
  void takesWhatIsHarmless(String text) {
    assertThat(new BlobKey(text).value()).isEqualTo(text);
  }

  @Test
  void hasTheLimitsOfItsStores() {
    assertThat(new BlobKey("a".repeat(255)).value()).hasSize(255);
    assertThatThrownBy(() -> new BlobKey("a".repeat(256)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new BlobKey("a/".repeat(512) + "a"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesALongHostileKeyQuickly() {
    assertThatThrownBy(() -> new BlobKey("a/".repeat(500_000)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "abcd1234-5678, ab/cd/abcd1234-5678",
    "ABCD1234, ab/cd/abcd1234",
    "guid/hash, gu/id/guid/hash",
    "abc, ab/c/abc",
    "ab, ab/ab",
    "a, a/a",
    "ab/cd, ab/c/ab/cd",
    "a/b, a/b/a/b"
  })
  void partitionsAsTheCloudControllerDoes(String id, String key) {
    assertThat(BlobKey.partitioned(id).value()).isEqualTo(key);
  }
}
