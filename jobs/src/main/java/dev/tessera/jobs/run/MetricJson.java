package dev.tessera.jobs.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A {@link MetricLine} as a line of JSON. NaN and infinities are strings, for JSON has none. */
final class MetricJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private MetricJson() {}

  static String write(MetricLine line) {
    ObjectNode node = JSON.createObjectNode();
    node.put("kind", line.kind().key());
    node.put("step", line.step());
    node.put("images", line.images());
    node.put("seconds", line.seconds());
    ObjectNode values = node.putObject("values");
    line.values().forEach(values::put);
    return node.toString();
  }

  /** Empty for a line that a crash cut short and for kinds of later versions. */
  static Optional<MetricLine> read(String text) {
    try {
      JsonNode node = JSON.readTree(text);
      String key = node.path("kind").asText();
      Map<String, Double> values = new LinkedHashMap<>();
      node.path("values").properties().forEach(e -> values.put(e.getKey(), number(e.getValue())));
      return Arrays.stream(MetricLine.Kind.values())
          .filter(kind -> kind.key().equals(key))
          .findFirst()
          .map(
              kind ->
                  new MetricLine(
                      kind,
                      node.path("step").asLong(),
                      node.path("images").asLong(),
                      node.path("seconds").asDouble(),
                      values));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static double number(JsonNode value) {
    return value.isTextual() ? Double.parseDouble(value.textValue()) : value.doubleValue();
  }
}
