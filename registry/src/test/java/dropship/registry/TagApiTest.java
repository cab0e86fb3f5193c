package dropship.registry;

import static dropship.registry.RunningServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tags of a repository, page by page. */
@Timeout(60)
class TagApiTest {
  private static final String LIST = "/v2/cloudfoundry/guid/tags/list";
  private static final Pattern NEXT = Pattern.compile("<([^>]+)>; rel=\"next\"");
  @AutoClose private static RunningServer server;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    server = RunningServer.start(directory).withRootfs("1.0");
    for (var hash : new String[] {"c", "a", "b"}) {
      server.withDroplet("guid", hash, Tars.droplet(hash));
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                       | a a.cflinuxfs4-1.0 b b.cflinuxfs4-1.0 c c.cflinuxfs4-1.0 |
          ?n=6                     | a a.cflinuxfs4-1.0 b b.cflinuxfs4-1.0 c c.cflinuxfs4-1.0 |
          ?n=1000                  | a a.cflinuxfs4-1.0 b b.cflinuxfs4-1.0 c c.cflinuxfs4-1.0 |
          ?n=2                     | a a.cflinuxfs4-1.0 | ?n=2&last=a.cflinuxfs4-1.0
          ?n=2&last=a.cflinuxfs4-1.0 | b b.cflinuxfs4-1.0 | ?n=2&last=b.cflinuxfs4-1.0
          ?n=2&last=b.cflinuxfs4-1.0 | c c.cflinuxfs4-1.0 |
          ?last=b                  | b.cflinuxfs4-1.0 c c.cflinuxfs4-1.0 |
          ?last=bb                 | c c.cflinuxfs4-1.0 |
          ?last=z                  | '' |
          ?n=3&last=z              | '' |
          ?n=0                     | '' |
          """)
  void listsAPage(String query, String tags, String next) throws Exception {
    var answer = server.get(LIST + query);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().allValues("Content-Type")).containsExactly("application/json");
    assertThat(json(answer).getString("name")).isEqualTo("cloudfoundry/guid");
    assertThat(String.join(" ", strings(json(answer).getJsonArray("tags")))).isEqualTo(tags);
    if (next == null) {
      assertThat(answer.headers().firstValue("Link")).isEmpty();
    } else {
      assertThat(answer.headers().firstValue("Link"))
          .hasValue("<" + LIST + next + ">; rel=\"next\"");
    }
  }

  @Test
  void leadsFromPageToPageUntilAllHaveBeenSeen() throws Exception {
    var seen = new ArrayList<String>();
    for (var path = LIST + "?n=1"; !path.isEmpty(); ) {
      var answer = server.get(path);
      seen.addAll(strings(json(answer).getJsonArray("tags")));
      var next = NEXT.matcher(answer.headers().firstValue("Link").orElse(""));
      path = next.matches() ? next.group(1) : "";
    }

    assertThat(seen).isEqualTo(strings(json(server.get(LIST)).getJsonArray("tags")));
    for (var tag : seen) {
      assertThat(server.get("/v2/cloudfoundry/guid/manifests/" + tag).statusCode()).isEqualTo(200);
    }
  }

  private static List<String> strings(JsonArray array) {
    return array.stream().map(String::valueOf).toList();
  }
}
