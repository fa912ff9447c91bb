package dev.tessera.models.train;

import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.TensorType;
import java.util.List;
import java.util.Map;

/** What a family of models trains: its groups, its state and the phases of a step. */
public interface Objective {

  /** The groups, each with an optimiser. */
  List<Group> groups();

  /** What no optimiser touches: running statistics, a codebook. May be empty. */
  Layout state();

  /** The phases of a step, in order. */
  List<Phase> phases();

  /** The columns of a shard's batch by name, with the shard's batch size leading. */
  Map<String, TensorType> columns();

  /** The value of a scheduled number when {@code images} images have been seen. */
  default double knob(String name, long images) {
    throw new IllegalArgumentException("name: " + name + " (expected: a knob of this objective)");
  }
}
