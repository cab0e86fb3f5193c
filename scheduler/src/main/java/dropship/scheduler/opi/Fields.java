package dropship.scheduler.opi;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The fields of a JSON object in a request. One that is missing or null has its type's zero value;
 * those nobody asks for may be anything.
 */
final class Fields {
  /** Decimal numbers stay as they are written: some are marks that are compared as texts. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final JsonNode node;
  private final String path;

  private Fields(JsonNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /** Says nothing of what is in a body that is no JSON. */
  static Fields parse(Buffer body) {
    try {
      return object(JSON.readTree(body.getBytes()), "");
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new InvalidBody(
          "", at == null ? "no JSON" : "no JSON in byte %d".formatted(at.getByteOffset()));
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  /** The object that a text is; without fields if it is none. */
  static Fields parseIfJson(String text) {
    try {
      return object(JSON.readTree(text), "");
    } catch (JsonProcessingException | InvalidBody notJson) {
      return new Fields(JsonNodeFactory.instance.objectNode(), "");
    }
  }

  private static Fields object(JsonNode node, String path) {
    if (!node.isObject()) {
      throw new InvalidBody(path, "expected an object");
    }
    return new Fields(node, path);
  }

  /** Whether there is a value, which is not null. */
  boolean has(String name) {
    return node.hasNonNull(name);
  }

  Fields object(String name) {
    return has(name)
        ? object(node.get(name), at(name))
        : new Fields(JsonNodeFactory.instance.objectNode(), at(name));
  }

  /** A text, or a number or truth value as it is written. */
  String text(String name) {
    return has(name) ? textOf(node.get(name), at(name)) : "";
  }

  private static String textOf(JsonNode value, String path) {
    if (value.isContainerNode()) {
      throw new InvalidBody(path, "expected a text");
    }
    return value.asText();
  }

  /** A whole number from 0 to {@code most}. */
  int count(String name, int most) {
    return has(name) ? countOf(node.get(name), at(name), most) : 0;
  }

  private static int countOf(JsonNode value, String path, int most) {
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < 0
        || value.intValue() > most) {
      throw new InvalidBody(path, "expected a whole number from 0 to " + most);
    }
    return value.intValue();
  }

  <T> List<T> objects(String name, Function<Fields, T> read) {
    var objects = new ArrayList<T>();
    for (var each : elements(name)) {
      objects.add(read.apply(object(each, at(name) + "[" + objects.size() + "]")));
    }
    return objects;
  }

  List<String> texts(String name) {
    var texts = new ArrayList<String>();
    for (var each : elements(name)) {
      texts.add(textOf(each, at(name) + "[" + texts.size() + "]"));
    }
    return texts;
  }

  List<Integer> counts(String name, int most) {
    var counts = new ArrayList<Integer>();
    for (var each : elements(name)) {
      counts.add(countOf(each, at(name) + "[" + counts.size() + "]", most));
    }
    return counts;
  }

  private Iterable<JsonNode> elements(String name) {
    var list = node.path(name);
    if (has(name) && !list.isArray()) {
      throw new InvalidBody(at(name), "expected a list");
    }
    return list;
  }

  /** The values of an object by their names; what is no text there is its JSON. */
  SortedMap<String, String> map(String name) {
    var map = new TreeMap<String, String>();
    for (Map.Entry<String, JsonNode> entry : object(name).node.properties()) {
      var value = entry.getValue();
      map.put(
          entry.getKey(),
          value.isNull() ? "" : value.isContainerNode() ? value.toString() : value.asText());
    }
    return map;
  }

  /** This says {@code expectation} of a field, which is not met. */
  InvalidBody invalid(String name, String expectation) {
    return new InvalidBody(at(name), expectation);
  }

  private String at(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
