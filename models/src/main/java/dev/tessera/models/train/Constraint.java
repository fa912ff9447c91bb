package dev.tessera.models.train;

import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Tensor;
import java.util.List;

/**
 * What parameters keep to whatever a rule does. Acts on the flat vector after the rule and, as EDM2
 * does, after the averages have moved.
 */
sealed interface Constraint permits UnitRows {

  /** In the order in which they act. */
  static List<Constraint> all() {
    return List.of(new UnitRows());
  }

  /**
   * Changes the parameters that it concerns in place.
   *
   * @param skipped 1 where nothing is to change, otherwise 0; null for never
   * @return what was changed
   */
  List<Tensor> apply(Layout layout, Tensor parameters, Tensor skipped);
}
