package dev.tessera.models.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The numbers of a training state that are no tensors.
 *
 * @param step steps taken
 * @param images images seen
 * @param updates updates of each group; a skipped step made none
 */
public record Counters(long step, long images, Map<String, Long> updates) {

  private static final String STEP = "step";
  private static final String IMAGES = "images";
  private static final String UPDATES = "updates/";

  public Counters {
    updates = Collections.unmodifiableMap(new LinkedHashMap<>(updates));
  }

  /** As if so many images had been seen. */
  public Counters at(long seen) {
    return new Counters(step, seen, updates);
  }

  /** By their names in a checkpoint. */
  public Map<String, Long> named() {
    Map<String, Long> named = new LinkedHashMap<>();
    named.put(STEP, step);
    named.put(IMAGES, images);
    updates.forEach((group, count) -> named.put(UPDATES + group, count));
    return named;
  }

  /**
   * The inverse of {@link #named}.
   *
   * @throws IllegalArgumentException if one is missing
   */
  public static Counters of(Map<String, Long> named) {
    Map<String, Long> updates = new LinkedHashMap<>();
    named.forEach(
        (name, value) -> {
          if (name.startsWith(UPDATES)) {
            updates.put(name.substring(UPDATES.length()), value);
          }
        });
    return new Counters(required(named, STEP), required(named, IMAGES), updates);
  }

  private static long required(Map<String, Long> named, String name) {
    Long value = named.get(name);
    if (value == null) {
      throw new IllegalArgumentException("counters: no " + name + " (expected: one)");
    }
    return value;
  }
}
