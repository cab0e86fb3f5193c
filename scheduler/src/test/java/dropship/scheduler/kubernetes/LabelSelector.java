package dropship.scheduler.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Conditions on labels: equality, inequality, {@code in} and being there. */
record LabelSelector(List<Predicate<JsonNode>> conditions) {
  private static final Pattern CONDITION =
      Pattern.compile(
          "([^,=!\\s()]+)\\s*(?:(==?|!=)\\s*([^,]*)|\\s+in\\s+\\(([^)]*)\\))?\\s*(?:,|$)");

  static LabelSelector of(@Nullable String text) {
    var conditions = new ArrayList<Predicate<JsonNode>>();
    var matcher = CONDITION.matcher(text == null ? "" : text);
    while (matcher.find()) {
      var name = matcher.group(1);
      if (matcher.group(4) != null) {
        var values = Set.of(matcher.group(4).split("\\s*,\\s*"));
        conditions.add(labels -> labels.has(name) && values.contains(labels.get(name).asText()));
      } else if (matcher.group(2) != null) {
        var value = matcher.group(3);
        boolean equal = !matcher.group(2).equals("!=");
        conditions.add(
            labels -> (labels.has(name) && labels.get(name).asText().equals(value)) == equal);
      } else {
        conditions.add(labels -> labels.has(name));
      }
    }
    return new LabelSelector(conditions);
  }

  boolean matches(JsonNode object) {
    var labels = object.path("metadata").path("labels");
    return conditions.stream().allMatch(each -> each.test(labels));
  }
}
