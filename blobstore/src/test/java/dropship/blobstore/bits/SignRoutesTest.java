package dropship.blobstore.bits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dropship.blobstore.bits.SignedServer.Answer;
import dropship.blobstore.signing.SignedPath;
import dropship.blobstore.signing.SignedUrls;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SignRoutesTest {
  private static SignedServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new SignedServer();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "/sign/packages/my-guid-1, GET, /packages/my-guid-1",
    "/sign/packages/my-guid?verb=, GET, /packages/my-guid",
    "/sign/packages/my-guid?verb=get, GET, /packages/my-guid",
    "/sign/packages/my-guid?verb=put, PUT, /packages/my-guid",
    "/sign/packages/my-guid?verb=post, POST, /packages/my-guid",
    "/sign/packages/%6Dy-guid, GET, /packages/my-guid",
    "/sign/droplets/guid/hash, GET, /droplets/guid/hash",
    "/sign/droplets/guid/hash?verb=put, PUT, /droplets/guid/hash",
    "/sign/droplets/guid, GET, /droplets/guid",
    "/sign/droplets/GUID/a+b%2Bc%20d%25, GET, /droplets/GUID/a%2Bb%2Bc%20d%25",
    "/sign/buildpacks?verb=post, POST, /buildpacks/",
    "/sign/buildpacks, GET, /buildpacks/",
    "/sign/buildpacks/guid_sha256, GET, /buildpacks/guid_sha256",
    "/sign/buildpacks/guid_sha256?verb=put, PUT, /buildpacks/guid_sha256",
    "/sign/buildpacks/guid/metadata, GET, /buildpacks/guid/metadata",
    "/sign/buildpack_cache/entries/guid/cflinuxfs4, GET, /buildpack_cache/entries/guid/cflinuxfs4",
    "/sign/buildpack_cache/entries/guid/a%C3%A9?verb=put, PUT, /buildpack_cache/entries/guid/a%C3%A9",
    "/sign/buildpack_cache/entries/, GET, /buildpack_cache/entries/",
    "/sign/app_stash/matches?verb=post, POST, /app_stash/matches",
    "/sign/app_stash/matches?verb=put, PUT, /app_stash/matches"
  })
  void givesOutUrls(String target, String method, String path) throws IOException {
    var answer = sign(target);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers().get("content-type")).startsWith("text/plain");
    assertThat(answer.body())
        .matches(
            "https://bits\\.example\\.com:443/[^?]+"
                + "\\?signature=[0-9a-f]{64}&expires=[0-9]{10}&AccessKeyId=k1");
    var url = URI.create(answer.body());
    assertThat(url.getRawPath()).isEqualTo(path);
    assertThat(isGood(method, url)).isTrue();
  }

  private static boolean isGood(String method, URI url) {
    var query = new HashMap<String, List<String>>();
    for (var each : url.getRawQuery().split("&")) {
      query.put(each.split("=")[0], List.of(each.split("=")[1]));
    }
    return new SignedUrls(() -> SignedServer.KEYS, Clock.systemUTC())
        .refusal(method, new SignedPath(url.getPath()), query::get)
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/sign",
        "/sign/",
        "/sign/packages",
        "/sign/packages/",
        "/sign/packages/UPPER",
        "/sign/packages/a_b",
        "/sign/packages/a/b",
        "/sign/packages/a%2Fb",
        "/sign/packages/a%0A",
        "/sign/droplets",
        "/sign/droplets/",
        "/sign/droplets//hash",
        "/sign/droplets/guid/",
        "/sign/droplets/guid%2Fhash",
        "/sign/droplets/guid/../other",
        "/sign/droplets/%2e%2e/packages/a",
        "/sign/droplets/guid/%ff",
        "/sign/droplets/guid/%00",
        "/sign/../sign/droplets/guid/hash",
        "//sign/droplets/guid/hash",
        "/sign/buildpacks/",
        "/sign/buildpack_cache",
        "/sign/buildpack_cache/guid/stack",
        "/sign/buildpack_cache/entries",
        "/sign/buildpack_cache/entries/guid/",
        "/sign/app_stash",
        "/sign/app_stash/entries?verb=post",
        "/sign/app_stash/matches",
        "/sign/app_stash/matches?verb=get",
        "/sign/app_stash/matches/?verb=post",
        "/sign/sign/packages/a",
        "/sign/rootfs",
        "/sign/packages/a?verb=%zz"
      })
  void refusesWhatIsNoResource(String target) throws IOException {
    var answer = sign(target);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "Put", "delete", "head", "patch", "put,get"})
  void refusesOtherVerbs(String verb) throws IOException {
    var answer = sign("/sign/droplets/guid/hash?verb=" + verb);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.headers().get("content-type")).startsWith("text/plain");
    assertThat(answer.body()).isEqualTo("Invalid verb: " + verb);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/sign/droplets/guid/hash", "/sign/nothing", "/sign"})
  void asksWhoIsThere(String target) throws IOException {
    var answer = server.toPrivate("GET", target, List.of(), "");

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.headers()).containsEntry("www-authenticate", "Basic realm=\"bits-service\"");
    assertThat(answer.body()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"HEAD", "POST", "PUT", "DELETE"})
  void isForGetOnly(String method) throws IOException {
    var answer =
        server.toPrivate(method, "/sign/droplets/guid/hash", List.of("Authorization: yes"), "");

    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.body()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://bits.example.com/prefix",
        "https://bits.example.com?a=b",
        "https://bits.example.com#a",
        "https://user@bits.example.com",
        "ftp://bits.example.com",
        "//bits.example.com",
        "bits.example.com",
        ""
      })
  void hasAPublicUrlOfNothingButAHost(String url) {
    assertThatThrownBy(() -> new SignRoutes(urls(), URI.create(url), RoutingContext::next))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected http(s)://host:port");
  }

  @Test
  void takesThePublicUrlWithASlash() {
    assertThatCode(
            () -> new SignRoutes(urls(), URI.create("http://[::1]:80/"), RoutingContext::next))
        .doesNotThrowAnyException();
  }

  private static SignedUrls urls() {
    return new SignedUrls(() -> SignedServer.KEYS, Clock.systemUTC());
  }

  private static Answer sign(String target) throws IOException {
    return server.toPrivate("GET", target, List.of("Authorization: yes"), "");
  }
}
