package dropship.scheduler.peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.net.http.HttpHeaders;
import java.util.Optional;

/** What a {@link Peer} answered. */
public record Answer(int status, HttpHeaders headers, String body) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SHORT = 300;

  public Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  /** The body as JSON; a missing node if it is none. */
  public JsonNode json() {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException notJson) {
      return MissingNode.getInstance();
    }
  }

  /** Why something was refused, for people: in the forms of our own servers and of registries. */
  public String reason() {
    var json = json();
    for (var place : new String[] {"/errors/0/message", "/error", "/error/message", "/message"}) {
      var found = json.at(place);
      if (found.isTextual() && !found.asText().isBlank()) {
        return found.asText();
      }
    }
    var text = body.strip().replaceAll("\\s+", " ");
    return text.length() > SHORT ? text.substring(0, SHORT) + "…" : text;
  }
}
