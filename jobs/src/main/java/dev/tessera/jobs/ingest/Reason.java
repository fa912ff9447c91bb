package dev.tessera.jobs.ingest;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Why pictures went to quarantine.
 *
 * @param count of pictures
 * @param examples paths of the first, at most {@link #EXAMPLES}
 */
record Reason(long count, List<String> examples) implements Serializable {

  static final int EXAMPLES = 2;

  Reason {
    examples = List.copyOf(examples);
  }

  static Reason of(String path) {
    return new Reason(1, List.of(path));
  }

  Reason and(Reason other) {
    List<String> both = new ArrayList<>(examples);
    other.examples().stream().limit(EXAMPLES - both.size()).forEach(both::add);
    return new Reason(count + other.count(), both);
  }
}
