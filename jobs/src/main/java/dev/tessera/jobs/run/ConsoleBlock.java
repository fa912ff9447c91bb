package dev.tessera.jobs.run;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a command prints before its first step: a title and facts, their names in a column.
 *
 * <pre>
 * tessera train
 *   config   conf/recipes/dit.yaml + 2 overrides
 *   data     20,480 images 32x32x3 in 8 parts
 * </pre>
 */
public final class ConsoleBlock {

  private final String title;
  private final Map<String, String> facts = new LinkedHashMap<>();

  public ConsoleBlock(String title) {
    this.title = title;
  }

  /** Adds a fact below the ones there are; a fact of several lines stays in its column. */
  public ConsoleBlock fact(String name, String text) {
    facts.put(name, text);
    return this;
  }

  public String title() {
    return title;
  }

  public Map<String, String> facts() {
    return Collections.unmodifiableMap(facts);
  }

  /** The block, ending in a line break. */
  public String text() {
    int column = facts.keySet().stream().mapToInt(String::length).max().orElse(0);
    StringBuilder text = new StringBuilder(title).append('\n');
    String indent = "\n" + " ".repeat(column + 5);
    facts.forEach(
        (name, fact) ->
            text.append("  ")
                .append(name)
                .append(" ".repeat(column - name.length() + 3))
                .append(fact.strip().replace("\n", indent))
                .append('\n'));
    return text.toString();
  }
}
