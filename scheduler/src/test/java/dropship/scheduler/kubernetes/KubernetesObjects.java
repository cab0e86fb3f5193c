package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The objects that are there, and all changes that led to them. */
public final class KubernetesObjects {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern SUBDOMAIN =
      Pattern.compile(
          "(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Pattern VALUE =
      Pattern.compile("([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?");

  private final Map<String, TreeMap<String, ObjectNode>> collections = new HashMap<>();
  private final List<Change> changes = new ArrayList<>();
  private final Map<String, Page> pages = new HashMap<>();
  private long version = 100;
  private long oldestKept = 0;

  /** An object before and after; one of them may be absent. */
  record Change(
      long version, String collection, String namespace, ObjectNode before, ObjectNode after) {}

  private record Page(long version, List<ObjectNode> rest) {}

  private TreeMap<String, ObjectNode> in(ResourcePath at) {
    return collections.computeIfAbsent(at.collection(), none -> new TreeMap<>());
  }

  public synchronized long version() {
    return version;
  }

  /** What has changed since, or that it is not known any more. */
  synchronized Optional<List<Change>> since(long since) {
    if (since < oldestKept) {
      return Optional.empty();
    }
    return Optional.of(changes.stream().filter(each -> each.version() > since).toList());
  }

  /** Forgets changes, so that who watches from before them cannot go on. */
  public synchronized void compact() {
    changes.clear();
    version++;
    oldestKept = version;
    pages.clear();
  }

  private void changed(ResourcePath at, ObjectNode before, ObjectNode after) {
    changes.add(new Change(version, at.collection(), at.namespace(), before, after));
  }

  private static StatusAnswer notFound(ResourcePath at) {
    return StatusAnswer.failure(
        404, "NotFound", "%s \"%s\" not found".formatted(at.resource(), at.name()));
  }

  synchronized StatusAnswer get(ResourcePath at) {
    var found = in(at).get(at.key());
    return found == null ? notFound(at) : new StatusAnswer(200, found);
  }

  /** One object; empty if it is not there. */
  public synchronized Optional<JsonNode> find(
      String group, String resource, String namespace, String name) {
    var at = ResourcePath.of(group, resource, namespace, name);
    return Optional.ofNullable(in(at).get(at.key())).map(JsonNode::deepCopy);
  }

  /** All of one kind, of all namespaces. */
  public synchronized List<JsonNode> all(String group, String resource) {
    return in(ResourcePath.of(group, resource, "", "")).values().stream()
        .<JsonNode>map(ObjectNode::deepCopy)
        .toList();
  }

  synchronized StatusAnswer create(ResourcePath at, ObjectNode given) {
    var object = given.deepCopy();
    var metadata = (ObjectNode) object.get("metadata");
    var named = at.named(metadata.path("name").asText());
    var invalid = invalid(named, object);
    if (invalid.isPresent()) {
      return StatusAnswer.failure(422, "Invalid", invalid.get());
    }
    if (!at.namespace().isEmpty()
        && !collections
            .getOrDefault("/api/v1/namespaces", new TreeMap<>())
            .containsKey("/" + at.namespace())) {
      return StatusAnswer.failure(
          404, "NotFound", "namespaces \"%s\" not found".formatted(at.namespace()));
    }
    if (in(at).containsKey(named.key())) {
      return StatusAnswer.failure(
          409, "AlreadyExists", "%s \"%s\" already exists".formatted(at.resource(), named.name()));
    }
    version++;
    metadata
        .put("uid", UUID.randomUUID().toString())
        .put("resourceVersion", Long.toString(version))
        .put("generation", 1)
        .put("creationTimestamp", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    if (!at.namespace().isEmpty()) {
      metadata.put("namespace", at.namespace());
    }
    withoutStringData(object);
    in(at).put(named.key(), object);
    changed(at, null, object);
    return new StatusAnswer(201, object);
  }

  /** The rules that are easily broken. */
  private static Optional<String> invalid(ResourcePath at, JsonNode object) {
    var name =
        at.resource().equals("statefulsets") || at.resource().equals("namespaces")
            ? LABEL
            : SUBDOMAIN;
    if (!name.matcher(at.name()).matches()) {
      return Optional.of("metadata.name: Invalid value: \"" + at.name() + "\"");
    }
    return Stream.of(object, object.path("spec").path("template"))
        .flatMap(each -> each.path("metadata").path("labels").properties().stream())
        .filter(each -> !VALUE.matcher(each.getValue().asText()).matches())
        .map(each -> "metadata.labels: Invalid value: \"" + each.getValue().asText() + "\"")
        .findFirst();
  }

  /** Secrets are written as text and kept in base 64. */
  private static void withoutStringData(ObjectNode object) {
    var text = object.remove("stringData");
    if (text != null) {
      var data = object.withObject("/data");
      text.properties()
          .forEach(each ->
              data.put(
                  each.getKey(),
                  Base64.getEncoder()
                      .encodeToString(each.getValue().asText().getBytes(StandardCharsets.UTF_8))));
    }
  }

  synchronized StatusAnswer replace(ResourcePath at, ObjectNode given) {
    var before = in(at).get(at.key());
    if (before == null) {
      return notFound(at);
    }
    var wanted = given.path("metadata").path("resourceVersion").asText();
    if (!wanted.isEmpty() && !wanted.equals(before.at("/metadata/resourceVersion").asText())) {
      return conflict(at);
    }
    var after = given.deepCopy();
    withoutStringData(after);
    return write(at, before, after);
  }

  private static StatusAnswer conflict(ResourcePath at) {
    return StatusAnswer.failure(
        409,
        "Conflict",
        "Operation cannot be fulfilled on %s \"%s\": the object has been modified"
            .formatted(at.resource(), at.name()));
  }

  private StatusAnswer write(ResourcePath at, ObjectNode before, ObjectNode after) {
    var invalid = invalid(at, after);
    if (invalid.isPresent()) {
      return StatusAnswer.failure(422, "Invalid", invalid.get());
    }
    version++;
    var metadata = (ObjectNode) after.get("metadata");
    for (var kept : List.of("uid", "creationTimestamp", "name", "namespace")) {
      if (before.get("metadata").has(kept)) {
        metadata.set(kept, before.get("metadata").get(kept));
      }
    }
    long generation = before.at("/metadata/generation").asLong();
    boolean same = before.path("spec").equals(after.path("spec"));
    metadata
        .put("generation", same ? generation : generation + 1)
        .put("resourceVersion", Long.toString(version));
    in(at).put(at.key(), after);
    changed(at, before, after);
    return new StatusAnswer(200, after);
  }

  synchronized StatusAnswer mergePatch(ResourcePath at, JsonNode patch) {
    return patch(at, patch, false);
  }

  /** Of what Kubernetes means by it only that lists of what has names are merged by these. */
  synchronized StatusAnswer strategicMergePatch(ResourcePath at, JsonNode patch) {
    return patch(at, patch, true);
  }

  private StatusAnswer patch(ResourcePath at, JsonNode patch, boolean strategic) {
    var before = in(at).get(at.key());
    if (before == null) {
      return notFound(at);
    }
    var wanted = patch.path("metadata").path("resourceVersion").asText();
    if (!wanted.isEmpty() && !wanted.equals(before.at("/metadata/resourceVersion").asText())) {
      return conflict(at);
    }
    return write(at, before, (ObjectNode) merged(before, patch, strategic));
  }

  /** RFC 7386. */
  private static JsonNode merged(JsonNode target, JsonNode patch, boolean strategic) {
    if (strategic && patch.path(0).has("name") && target != null) {
      return mergedByName(target, patch);
    }
    if (!patch.isObject()) {
      return patch;
    }
    var result = target != null && target.isObject() ? target.deepCopy() : JSON.createObjectNode();
    var object = (ObjectNode) result;
    patch
        .properties()
        .forEach(each -> {
          if (each.getValue().isNull()) {
            object.remove(each.getKey());
          } else {
            object.set(
                each.getKey(), merged(object.get(each.getKey()), each.getValue(), strategic));
          }
        });
    return object;
  }

  private static JsonNode mergedByName(JsonNode target, JsonNode patch) {
    var result = JSON.createArrayNode();
    for (var each : target) {
      var change = JSON.createObjectNode();
      patch.forEach(one -> {
        if (one.path("name").equals(each.path("name"))) {
          change.setAll((ObjectNode) one);
        }
      });
      result.add(merged(each, change, true));
    }
    return result;
  }

  synchronized StatusAnswer delete(ResourcePath at, Optional<JsonNode> options) {
    var before = in(at).get(at.key());
    if (before == null) {
      return notFound(at);
    }
    var uid = options.map(each -> each.at("/preconditions/uid").asText()).orElse("");
    if (!uid.isEmpty() && !uid.equals(before.at("/metadata/uid").asText())) {
      return conflict(at);
    }
    if (before.at("/metadata/finalizers").size() > 0) {
      var after = before.deepCopy();
      ((ObjectNode) after.get("metadata")).put("deletionTimestamp", Instant.now().toString());
      return write(at, before, after);
    }
    remove(at, before);
    if (at.collection().equals("/api/v1/namespaces")) {
      collections.forEach((collection, objects) ->
          List.copyOf(objects.values()).stream()
              .filter(each -> each.at("/metadata/namespace").asText().equals(at.name()))
              .forEach(each ->
                  remove(
                      new ResourcePath(
                          collection, at.name(), "", each.at("/metadata/name").asText(), ""),
                      each)));
    }
    return StatusAnswer.success();
  }

  private void remove(ResourcePath at, ObjectNode before) {
    version++;
    in(at).remove(at.key());
    var gone = before.deepCopy();
    ((ObjectNode) gone.get("metadata")).put("resourceVersion", Long.toString(version));
    changed(at, gone, null);
  }

  synchronized StatusAnswer list(ResourcePath at, MultiMap query) {
    List<ObjectNode> left;
    long seen = version;
    var token = query.get("continue");
    if (token != null) {
      var page = pages.remove(token);
      if (page == null) {
        return StatusAnswer.failure(410, "Expired", "The provided continue parameter is too old");
      }
      left = page.rest();
      seen = page.version();
    } else {
      var selector = LabelSelector.of(query.get("labelSelector"));
      left =
          in(at).values().stream()
              .filter(each ->
                  at.namespace().isEmpty()
                      || each.at("/metadata/namespace").asText().equals(at.namespace()))
              .filter(selector::matches)
              .toList();
    }
    int limit = query.get("limit") == null ? 0 : Integer.parseInt(query.get("limit"));
    var page = limit == 0 || left.size() <= limit ? left : left.subList(0, limit);
    var answer = JSON.createObjectNode().put("kind", "List");
    answer.put(
        "apiVersion", at.collection().replaceFirst("^/apis?/", "").replaceFirst("/[^/]+$", ""));
    var metadata = answer.putObject("metadata").put("resourceVersion", Long.toString(seen));
    if (page.size() < left.size()) {
      var next = UUID.randomUUID().toString();
      pages.put(next, new Page(seen, left.subList(limit, left.size())));
      metadata.put("continue", next).put("remainingItemCount", left.size() - limit);
    }
    answer.putArray("items").addAll(page);
    return new StatusAnswer(200, answer);
  }
}
