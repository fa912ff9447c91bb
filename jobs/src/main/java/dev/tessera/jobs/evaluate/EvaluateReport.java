package dev.tessera.jobs.evaluate;

import dev.tessera.jobs.run.ConsoleBlock;
import dev.tessera.models.evaluation.Estimate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code evaluate} found, as a table for a terminal and as fields for a program. */
final class EvaluateReport {

  private final Map<String, String> facts = new LinkedHashMap<>();
  private final Map<String, Estimate> values = new LinkedHashMap<>();
  private final List<String> warnings = new ArrayList<>();
  private final Map<String, Object> fields = new LinkedHashMap<>();

  /** Adds what was compared. */
  void fact(String name, String text, Object value) {
    facts.put(name, text);
    fields.put(name.replace(' ', '_'), value);
  }

  void value(String name, double value) {
    values.put(name, new Estimate(value, Double.NaN));
  }

  /** Adds a value with the deviation of its parts. */
  void value(String name, Estimate estimate) {
    values.put(name, estimate);
  }

  void warn(String sentence) {
    warnings.add(sentence);
  }

  Map<String, Estimate> values() {
    return Collections.unmodifiableMap(values);
  }

  List<String> warnings() {
    return Collections.unmodifiableList(warnings);
  }

  /** For a terminal. */
  ConsoleBlock block() {
    ConsoleBlock block = new ConsoleBlock("tessera evaluate");
    facts.forEach(block::fact);
    values.forEach((name, value) -> block.fact(name, text(value)));
    warnings.forEach(sentence -> block.fact("warning" + mark(block), sentence));
    return block;
  }

  /** Facts have different names. */
  private static String mark(ConsoleBlock block) {
    long before = block.facts().keySet().stream().filter(n -> n.startsWith("warning")).count();
    return before == 0 ? "" : " " + (before + 1);
  }

  private static String text(Estimate estimate) {
    String value = String.format(Locale.ROOT, "%.6g", estimate.value());
    return Double.isNaN(estimate.deviation())
        ? value
        : value + String.format(Locale.ROOT, " (deviation %.3g)", estimate.deviation());
  }

  /** For a program: facts, {@code metrics} by name with {@code value} and deviation, warnings. */
  Map<String, Object> fields() {
    Map<String, Object> all = new LinkedHashMap<>(fields);
    Map<String, Object> metrics = new LinkedHashMap<>();
    values.forEach(
        (name, estimate) -> {
          Map<String, Object> metric = new LinkedHashMap<>();
          metric.put("value", number(estimate.value()));
          if (!Double.isNaN(estimate.deviation())) {
            metric.put("deviation", estimate.deviation());
          }
          metrics.put(name.replace(' ', '_'), metric);
        });
    all.put("metrics", metrics);
    all.put("warnings", warnings());
    return all;
  }

  /** JSON knows no infinity, which is the PSNR of equal pictures. */
  private static Object number(double value) {
    return Double.isFinite(value) ? (Object) value : Double.toString(value);
  }
}
