package dev.tessera.models.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.graph.Scope;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelScaleTest {

  /** Another scale is another model, which the fingerprint must say. */
  @Test
  void whatLabelsAreDividedByIsWhatFingerprintsSay() {
    for (BackboneRecipe recipe :
        List.of(
            new BackboneRecipe.Edm2(8, List.of(1), 1, List.of(), 8, 0),
            new BackboneRecipe.NcsnPlusPlus(8, List.of(1), 1, List.of(), 0))) {
      Backbone backbone = recipe.build(Scope.group("net"), 3, 8, 8, 0);
      assertThat(backbone.labelScale()).as("%s", recipe).isEqualTo(recipe.stepsPerLabel());
    }
  }
}
