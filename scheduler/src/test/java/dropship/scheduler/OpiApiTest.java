package dropship.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.scheduler.lrp.Instance;
import dropship.scheduler.lrp.Lifecycle;
import dropship.scheduler.lrp.ProcessGuid;
import dropship.scheduler.lrp.Route;
import dropship.scheduler.lrp.SampleLrps;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The API as Cloud Controller uses it, over HTTP. */
@Timeout(60)
class OpiApiTest {
  private static final String GUID = "8f2f4d5c-9f2c-4d1e-8f60-0c9a5d1f3a11";
  private static final String VERSION = "1c0ee1f7-64b3-4f2a-9c3e-2f4f7f0a9b22";
  private static final ProcessGuid ID = new ProcessGuid(GUID, VERSION);
  private static final String APP = "/apps/%s-%s".formatted(GUID, VERSION);
  private static final String OF_APP = "/apps/%s/%s".formatted(GUID, VERSION);
  private static final String TASK = "/tasks/0f6f5c62-1a45-4a5c-8a8e-8f5f54bb9f33";
  private static final Instant NOW = Instant.parse("2019-08-21T15:06:40.123456789Z");
  private static final String DESIRE =
      """
      {"guid":"%s","version":"%s","process_guid":"%s","process_type":"web","instances":2,"memory_mb":256,
       "lifecycle":{"buildpack_lifecycle":{"droplet_guid":"d-1","droplet_hash":"abc","start_command":"./run"}},
       "environment":{"PORT":"8080"},"ports":[8080],"health_check_type":"port","last_updated":"1529064800.9",
       "routes":{"cf-router":[{"hostname":"a.example.com/v1","port":8080}]}}
      """
          .formatted(GUID, VERSION, ID);
  private static final String UPDATE =
      """
      {"guid":"%s","version":"%s","update":{"instances":3,"routes":{},"annotation":"1529064801.25"}}
      """
          .formatted(GUID, VERSION);
  private static final String RUN =
      """
      {"name":"migrate","environment":[{"name":"A","value":"b"}],"completion_callback":"https://cc.example.com/done",
       "lifecycle":{"buildpack_lifecycle":{"droplet_guid":"d-1","droplet_hash":"abc","start_command":"rake"}}}
      """;

  @TempDir private Path directory;
  @AutoClose private RunningScheduler scheduler;

  @BeforeEach
  void start() throws Exception {
    scheduler = new RunningScheduler(directory, Clock.fixed(NOW, ZoneOffset.UTC), Map.of());
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    return scheduler.send(method, path, body.getBytes(StandardCharsets.UTF_8));
  }

  private HttpResponse<String> send(String method, String path) throws Exception {
    return send(method, path, "");
  }

  private void expect(int status, String method, String path, String body) throws Exception {
    var answer = send(method, path, body);
    assertThat(answer.statusCode())
        .as(method + " " + path + ": " + answer.body())
        .isEqualTo(status);
  }

  private void expect(int status, String method, String path) throws Exception {
    expect(status, method, path, "");
  }

  private JsonObject json(String path) throws Exception {
    var answer = send("GET", path);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
    return new JsonObject(answer.body());
  }

  private void outage() {
    var outage = Optional.of(new IOException("Kubernetes is not there"));
    scheduler.lrps.fail(outage);
    scheduler.tasks.fail(outage);
  }

  @Test
  void runsAnAppFromDesireToStop() throws Exception {
    expect(404, "GET", OF_APP);
    assertThat(send("PUT", APP, DESIRE).body()).isEmpty();
    expect(202, "PUT", APP, DESIRE);
    expect(200, "GET", OF_APP);
    expect(200, "POST", APP, UPDATE);
    expect(200, "PUT", OF_APP + "/stop/2");
    expect(200, "PUT", OF_APP + "/stop");
    expect(404, "GET", OF_APP);
  }

  @Test
  void leavesAnAppThatIsThereAsItIs() throws Exception {
    expect(202, "PUT", APP, DESIRE);
    expect(202, "PUT", APP, DESIRE.replace("\"instances\":2", "\"instances\":7"));

    assertThat(scheduler.lrps.find(ID).orElseThrow().instances()).isEqualTo(2);
  }

  @Test
  void desiresWhatTheBodyNamesWhereverItIsSent() throws Exception {
    expect(202, "PUT", "/apps/guid_1234-version_5678", DESIRE);

    assertThat(scheduler.lrps.lrp(ID)).isPresent();
  }

  @Test
  void takesTheNameFromThePathByPositionIfTheBodyHasNone() throws Exception {
    expect(202, "PUT", APP, DESIRE.replace("\"guid\"", "\"a\"").replace("\"version\"", "\"b\""));

    assertThat(scheduler.lrps.lrp(ID)).isPresent();
  }

  @Test
  void listsEverythingWithTheMarkOfTheLastChangeToTheByte() throws Exception {
    assertThat(send("GET", "/apps").body()).isEqualTo("{\"desired_lrp_scheduling_infos\":[]}");

    expect(202, "PUT", APP, DESIRE);
    var key = new JsonObject().put("process_guid", ID.toString());
    var entry =
        new JsonObject().put("desired_lrp_key", key).put("guid", GUID).put("version", VERSION);
    assertThat(json("/apps").getJsonArray("desired_lrp_scheduling_infos"))
        .isEqualTo(new JsonArray().add(entry.copy().put("annotation", "1529064800.9")));

    expect(200, "POST", APP, UPDATE);
    assertThat(json("/apps").getJsonArray("desired_lrp_scheduling_infos"))
        .isEqualTo(new JsonArray().add(entry.copy().put("annotation", "1529064801.25")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1529064800.90", "1529064800", "0.1", "\"\\u00fc 1.0 \\\"x\\\"\""})
  void keepsAMarkAsItIsWrittenWhateverItsType(String mark) throws Exception {
    expect(202, "PUT", APP, DESIRE.replace("\"1529064800.9\"", mark));

    var expected = mark.startsWith("\"") ? "\u00fc 1.0 \"x\"" : mark;
    assertThat(json(OF_APP).getJsonObject("desired_lrp").getString("annotation"))
        .isEqualTo(expected);
  }

  @Test
  void listsFortyThousand() throws Exception {
    for (int i = 0; i < 40_000; i++) {
      scheduler.lrps.desire(SampleLrps.lrp(SampleLrps.newId(), 1));
    }

    var infos = json("/apps").getJsonArray("desired_lrp_scheduling_infos");

    assertThat(infos).hasSize(40_000);
    assertThat(infos.stream().map(each -> ((JsonObject) each).getString("guid")).distinct())
        .hasSize(40_000);
  }

  @Test
  void showsAnApp() throws Exception {
    expect(202, "PUT", APP, DESIRE);

    assertThat(json(OF_APP).getJsonObject("desired_lrp"))
        .isEqualTo(
            new JsonObject()
                .put("process_guid", ID.toString())
                .put("instances", 2)
                .put(
                    "routes",
                    new JsonObject(
                        "{\"cf-router\":[{\"hostname\":\"a.example.com/v1\",\"port\":8080}]}"))
                .put("annotation", "1529064800.9")
                .put("image", "registry.example.com/cloudfoundry/d-1:abc"));
  }

  @Test
  void scalesAndTakesRoutesAway() throws Exception {
    expect(202, "PUT", APP, DESIRE);
    assertThat(scheduler.lrps.find(ID).orElseThrow().routes())
        .containsExactly(new Route("a.example.com/v1", 8080));

    expect(200, "POST", APP, UPDATE);

    assertThat(scheduler.lrps.find(ID).orElseThrow())
        .satisfies(
            lrp -> assertThat(lrp.instances()).isEqualTo(3),
            lrp -> assertThat(lrp.routes()).isEmpty());
  }

  @Test
  void saysWhyAnUpdateFailedWhereCloudControllerLooks() throws Exception {
    var unknown = send("POST", APP, UPDATE);
    assertThat(unknown.statusCode()).isEqualTo(500);
    assertThat(new JsonObject(unknown.body()).getJsonObject("error").getString("message"))
        .contains("the requested resource could not be found");

    var malformed = send("POST", APP, UPDATE.replace("3", "-3"));
    assertThat(malformed.statusCode()).isEqualTo(400);
    assertThat(new JsonObject(malformed.body()).getJsonObject("error").getString("message"))
        .isEqualTo("update.instances: expected a whole number from 0 to 10000");

    outage();
    var later = send("POST", APP, UPDATE);
    assertThat(later.statusCode()).isEqualTo(500);
    assertThat(new JsonObject(later.body()).getJsonObject("error").getString("message"))
        .isEqualTo("Kubernetes is not there");
  }

  @Test
  void refusesADesireWithoutAWord() throws Exception {
    for (var malformed : List.of("", "null", "[]", "{", "{}", DESIRE.replace("8080]", "0]"))) {
      var answer = send("PUT", APP, malformed);
      assertThat(answer.statusCode()).as(malformed).isEqualTo(400);
      assertThat(answer.body()).isEmpty();
    }
    assertThat(scheduler.lrps.list()).isEmpty();
  }

  @Test
  void saysThatADesireMayWorkAnotherTime() throws Exception {
    outage();

    var answer = send("PUT", APP, DESIRE);

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(new JsonObject(answer.body()).getJsonObject("error").getString("message"))
        .isEqualTo("Kubernetes is not there");
  }

  @Test
  void listsNothingRatherThanAPart() throws Exception {
    expect(202, "PUT", APP, DESIRE);
    outage();

    var answer = send("GET", "/apps");

    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void tellsAnAppThatIsNotThereFromOneThatIsNotKnown() throws Exception {
    expect(404, "GET", OF_APP);
    outage();

    var answer = send("GET", OF_APP);

    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(new JsonObject(answer.body()).getJsonObject("error").getString("message"))
        .isEqualTo("Kubernetes is not there");
  }

  @Test
  void tellsHowInstancesAre() throws Exception {
    expect(202, "PUT", APP, DESIRE);
    scheduler.lrps.become(
        ID,
        new Instance(
            1,
            Instant.ofEpochSecond(1566400001),
            Instance.State.UNCLAIMED,
            Optional.of("Insufficient resources: memory")));

    assertThat(send("GET", OF_APP + "/instances").body())
        .isEqualTo(
            "{\"process_guid\":\""
                + ID
                + "\",\"instances\":["
                + "{\"index\":0,\"since\":1566400000123456789,\"state\":\"RUNNING\"},"
                + "{\"index\":1,\"since\":1566400001000000000,\"state\":\"UNCLAIMED\","
                + "\"placement_error\":\"Insufficient resources: memory\"}]}");
  }

  @Test
  void saysNotFoundOfAnAppThatIsStopped() throws Exception {
    expect(202, "PUT", APP, DESIRE);
    expect(200, "PUT", OF_APP + "/stop");

    var answer = send("GET", OF_APP + "/instances");

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(new JsonObject(answer.body()))
        .isEqualTo(
            new JsonObject()
                .put("error", "failed to get instances for app: not found")
                .put("process_guid", ID.toString())
                .put("instances", new JsonArray()));
  }

  @Test
  void saysNotFoundOnlyOfWhatIsKnownToBeStopped() throws Exception {
    outage();

    var answer = send("GET", OF_APP + "/instances");

    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(new JsonObject(answer.body()).getString("error")).doesNotContain("not found");
    assertThat(new JsonObject(answer.body()).getJsonArray("instances")).isEmpty();
  }

  @Test
  void stopsWhatIsNotThere() throws Exception {
    expect(200, "PUT", OF_APP + "/stop");
    expect(200, "PUT", OF_APP + "/stop/0");
    expect(200, "PUT", "/apps/a%20b/c/stop");
    expect(404, "GET", "/apps/a%20b/c");
    expect(404, "GET", "/apps/a%20b/c/instances");

    outage();
    expect(500, "PUT", OF_APP + "/stop");
    expect(500, "PUT", OF_APP + "/stop/0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"two", "-1", "2", "99999999999999999999", "0x0", "1.0"})
  void stopsNoInstanceForAnIndexThatIsNone(String index) throws Exception {
    expect(202, "PUT", APP, DESIRE);
    var before = new Instance(0, Instant.EPOCH, Instance.State.RUNNING, Optional.empty());
    scheduler.lrps.become(ID, before);

    expect(400, "PUT", OF_APP + "/stop/" + index);

    assertThat(scheduler.lrps.instances(ID)).first().isEqualTo(before);
  }

  @Test
  void runsATaskFromDesireToCancel() throws Exception {
    assertThat(send("GET", "/tasks").body()).isEqualTo("[]");
    expect(404, "GET", TASK);
    expect(202, "POST", TASK, RUN);
    expect(202, "POST", TASK, RUN);

    var guid = TASK.substring("/tasks/".length());
    assertThat(send("GET", "/tasks").body()).isEqualTo("[{\"guid\":\"" + guid + "\"}]");
    assertThat(json(TASK)).isEqualTo(new JsonObject().put("guid", guid));
    assertThat(scheduler.tasks.task(guid).orElseThrow())
        .satisfies(
            task -> assertThat(task.environment()).isEqualTo(Map.of("A", "b")),
            task -> assertThat(task.callback()).isEqualTo("https://cc.example.com/done"),
            task ->
                assertThat(task.lifecycle())
                    .isEqualTo(new Lifecycle.Buildpack("d-1", "abc", "rake")));

    expect(204, "DELETE", TASK);
    expect(404, "DELETE", TASK);
    expect(404, "GET", TASK);
  }

  @ParameterizedTest
  @CsvSource({"GET,/tasks", "GET," + TASK, "POST," + TASK, "DELETE," + TASK})
  void saysOfTasksWhatWentWrongInTheirOwnShape(String method, String path) throws Exception {
    outage();

    var answer = send(method, path, method.equals("POST") ? RUN : "");

    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(new JsonObject(answer.body()).getString("message"))
        .isEqualTo("Kubernetes is not there");
  }

  @Test
  void refusesTasksThatMeanNothing() throws Exception {
    for (var malformed :
        List.of(
            "",
            "{}",
            RUN.replace("https://cc", "ftp://secret@cc"),
            RUN.replace("https://cc", "https://sec ret@cc"))) {
      var answer = send("POST", TASK, malformed);
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(new JsonObject(answer.body()).getString("message"))
          .isNotBlank()
          .doesNotContain("sec");
    }
    expect(400, "POST", "/tasks/" + "x".repeat(64), RUN);
  }

  @ParameterizedTest
  @CsvSource({
    "404,GET,/",
    "404,GET,/Apps",
    "404,GET,/apps/a/b/c",
    "404,POST,/stage/a",
    "404,PUT,/stage/a/completed",
    "405,POST,/apps",
    "400,GET,/apps/%zz/b"
  })
  void hasNothingElse(int status, String method, String path) throws Exception {
    var raw = path.contains("%zz");
    if (raw) {
      assertThat(RawHttp.statusOf(scheduler.port("opi"), method, path)).isEqualTo(status);
    } else {
      expect(status, method, path);
    }
  }

  @Test
  void readsNoMoreOfABodyThanItTakes() throws Exception {
    int most = 4 << 20;
    var fits = DESIRE + " ".repeat(most - DESIRE.length());

    expect(202, "PUT", APP, fits);
    assertThat(RawHttp.statusOfAnnouncedBody(scheduler.port("opi"), APP, most + 1)).isEqualTo(413);
    assertThat(RawHttp.statusOfEndlessBody(scheduler.port("opi"), APP)).isEqualTo(413);
  }

  @Test
  void isReadyWhenAppsAreKnownAndUntilItEnds() throws Exception {
    assertThat(scheduler.ops("/readyz").statusCode()).isEqualTo(200);

    scheduler.unready.set(Optional.of("not listed yet"));

    assertThat(scheduler.ops("/readyz").statusCode()).isEqualTo(503);
    assertThat(scheduler.ops("/readyz").body()).contains("not listed yet");
    assertThat(scheduler.ops("/livez").statusCode()).isEqualTo(200);
    assertThat(new JsonObject(scheduler.ops("/info").body()).getString("namespace"))
        .isEqualTo("cf-workloads");
    assertThat(scheduler.ops("/metrics").body()).contains("vertx_http_server");
  }

  @Test
  void hasRoutesOfOthersBesides() throws Exception {
    assertThat(send("GET", "/more").body()).isEqualTo("more");
  }
}
