package dev.tessera.models.train;

import dev.tessera.models.graph.Layout;
import java.util.List;

/** What a family of models trains: its groups, its state and the phases of a step. */
public interface Objective {

  /** The groups, each with an optimiser. */
  List<Group> groups();

  /** What no optimiser touches: running statistics, a codebook. May be empty. */
  Layout state();

  /** The phases of a step, in order. */
  List<Phase> phases();

  /** The columns of a shard's batch. */
  List<BatchColumn> columns();
}
