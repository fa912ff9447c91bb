package dev.tessera.jobs.verify;

import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.config.RecipeWriter;
import java.util.ArrayList;
import java.util.List;

/** Flags and {@code key=value} arguments together, bound as recipes are: one list of names. */
final class CaseOverrides {

  private final List<String> overrides = new ArrayList<>();

  /** A flag's value, if it was given. */
  CaseOverrides flag(String key, Object value) {
    if (value != null) {
      overrides.add(key + "=" + value);
    }
    return this;
  }

  CaseOverrides all(List<String> given) {
    overrides.addAll(given);
    return this;
  }

  <T extends Record> T apply(T defaults) {
    return RecipeReader.override(defaults, overrides);
  }

  /** What a recipe calls a choice, such as {@code heun}. */
  static <T> String name(Class<T> declared, T choice) {
    String type = RecipeWriter.write(declared, choice).lines().findFirst().orElseThrow();
    return type.substring("type: ".length());
  }
}
