package dropship.blobstore.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignedPathTest {
  @ParameterizedTest
  @CsvSource({
    "/packages/my-guid, /packages/my-guid",
    "/droplets/guid/hash, /droplets/guid/hash",
    "/droplets/%67uid/h%61sh, /droplets/guid/hash",
    "/buildpacks/, /buildpacks/",
    "/a+b, /a+b",
    "/a%2Bb, /a+b",
    "/a%20b%2a, /a b*",
    "/a%252Fb, /a%2Fb",
    "/%C3%a9, /é",
    "/..., /...",
    "/.a/..b/c., /.a/..b/c.",
    "/a:b@c;d=e, /a:b@c;d=e",
    "/a%5Cb, /a\\b",
    "/, /"
  })
  void isDecodedOnce(String raw, String decoded) {
    assertThat(SignedPath.ofEncoded(raw)).contains(new SignedPath(decoded));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "*",
        "//",
        "//a",
        "/a//b",
        "/a//",
        "/.",
        "/..",
        "/a/./b",
        "/a/../b",
        "/a/..",
        "/%2e%2E/b",
        "/a/.%2e/b",
        "/a%2Fb",
        "/a/%2f",
        "/%",
        "/%2",
        "/%%32%35",
        "/%zz",
        "/%+1",
        "/%-0",
        "/a%00b",
        "/a%0Ab",
        "/a%7F",
        "/%ff",
        "/%c0%af",
        "/%ed%a0%80",
        "/\u00e9",
        "/\uff11",
        "/%\uff11\uff11",
        "/a b",
        "/a\\b",
        "/a#b",
        "/a?b",
        "/a\"b"
      })
  void isRefusedIfItCouldBeReadInAnotherWay(String raw) {
    assertThat(SignedPath.ofEncoded(raw)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", "/a//b", "/../a", "/a/.", "/a\nb"})
  void isNotMadeOfWhatNamesNoResource(String text) {
    assertThatThrownBy(() -> new SignedPath(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("not the path of a resource");
  }

  @ParameterizedTest
  @CsvSource({
    "/droplets/guid/hash, /droplets/guid/hash",
    "/buildpacks/a_b~c.d-e, /buildpacks/a_b~c.d-e",
    "/a b, /a%20b",
    "/a+b, /a%2Bb",
    "/a%2Fb, /a%252Fb",
    "/a?b&c=d#e, /a%3Fb%26c%3Dd%23e",
    "/é, /%C3%A9"
  })
  void isEscapedForAUrl(String path, String encoded) {
    assertThat(new SignedPath(path).encoded()).isEqualTo(encoded);
  }

  @Test
  void mayBeLong() {
    var raw = "/a".repeat(100_000) + "%41".repeat(100_000);

    assertThat(SignedPath.ofEncoded(raw).orElseThrow().value()).hasSize(300_000);
  }
}
