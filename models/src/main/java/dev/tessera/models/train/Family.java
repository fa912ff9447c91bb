package dev.tessera.models.train;

import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Target;
import dev.tessera.models.structure.Architecture;
import dev.tessera.models.structure.Structure;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * A recipe's model, bound to the sizes of its data: what can be trained, restored and exported.
 * Only {@link #objective} and {@link #export} trace programs; all else is known at once.
 */
public interface Family extends Serializable {

  /**
   * What the sizes of the parameters do not tell of the network, every fact by its name, so that
   * what records gain and how they print changes nothing. A fact that is new is {@link
   * Structure#added}.
   */
  Structure structure();

  /** The parameters, and how they are updated. */
  List<Group> groups();

  /** What no optimiser touches: running statistics, a codebook. May be empty. */
  Layout state();

  /** The columns of the table that a batch needs, by name. */
  List<String> columns();

  /**
   * The objective for one rank's programs, written for {@code target}.
   *
   * @throws IllegalArgumentException if the recipe is no model of such data; begins with the key
   */
  Objective objective(TrainingSchedule schedule, Target target);

  /**
   * What a file for others holds.
   *
   * @param batch that the program is traced at; where sizes follow the arguments, any may be served
   */
  Export export(int batch);

  /** Identifies the parameters, so that no checkpoint of another model is restored. */
  default String architecture() {
    List<Layout> layouts = new ArrayList<>(groups().stream().map(Group::layout).toList());
    layouts.add(state());
    return Architecture.fingerprint(structure(), layouts);
  }
}
