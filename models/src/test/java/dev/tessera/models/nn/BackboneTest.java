package dev.tessera.models.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Parameter counts by hand, shapes and refusals. */
final class BackboneTest {

  private static Scope built(BackboneRecipe recipe, int channels, int size, int classes) {
    Scope scope = Scope.group("net");
    recipe.build(scope, channels, size, size, classes);
    return scope;
  }

  @Test
  void theTransformerHasItsParameters() {
    long w = 256;
    long patches = (8 * 4 + 1) * w;
    long positions = 16 * w;
    long noise = (128 + 1) * w + (w + 1) * w;
    long labels = 11 * w;
    long block =
        6 * (w + 1) * w + 3 * (w + 1) * w + (w + 1) * w + 4 * (w + 1) * w + (4 * w + 1) * w;
    long head = 2 * (w + 1) * w + (w + 1) * 32;
    assertThat(built(BackboneRecipe.Dit.defaults(), 8, 8, 10).layout().size())
        .isEqualTo(patches + positions + noise + labels + 6 * block + head);
  }

  @Test
  void theUnetHasItsParameters() {
    long noise = (128 + 1) * 32 + (32 + 1) * 32;
    long ends = (3 * 9 + 1) * 8 + 16 + (8 * 9 + 1) * 3;
    long down = residual(8, 8) + (8 * 9 + 1) * 8 + residual(8, 16);
    long middle = 2 * residual(16, 16) + 32 + (16 + 1) * 48 + (16 + 1) * 16;
    long up =
        residual(16 + 16, 16)
            + residual(16 + 8, 16)
            + (16 * 9 + 1) * 16
            + residual(16 + 8, 8)
            + residual(8 + 8, 8);
    assertThat(built(new BackboneRecipe.Unet(8, List.of(1, 2), 1, 2), 3, 8, 0).layout().size())
        .isEqualTo(noise + ends + down + middle + up);
  }

  /** Two norms, two convolutions, the condition of width 32 and, where widths differ, the skip. */
  private static long residual(long in, long out) {
    long skip = in == out ? 0 : (in + 1) * out;
    return 2 * in + 2 * out + (9 * in + 1) * out + (9 * out + 1) * out + 33 * 2 * out + skip;
  }

  @Test
  void aPassCostsItsMatrixProducts() {
    // Tokens times twice the weights that they meet, and attention's two products.
    BackboneRecipe.Dit recipe = new BackboneRecipe.Dit(2, 64, 3, 4);
    Scope scope = Scope.group("net");
    Backbone backbone = recipe.build(scope, 4, 16, 16, 0);
    Trace trace = new Trace("forward", Precision.FP32);
    Tensor flat = trace.input("flat", DType.FLOAT32, Shape.of(scope.layout().size()));
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(2, 4, 16, 16));
    Tensor noise = trace.input("noise", DType.FLOAT32, Shape.of(2));
    trace.bind(scope.layout(), flat);
    Tensor y = backbone.apply(x, noise, null);
    assertThat(y.shape()).isEqualTo(x.shape());
    Program program = trace.finish(y);
    double tokens = 2 * 64;
    double w = 64;
    double products = 2 * tokens * (2 * 16 * w + 3 * 12 * w * w) + 3 * 4 * tokens * 64 * w;
    assertThat(program.flops()).isBetween(products, 1.1 * products);
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    assertThatThrownBy(() -> built(new BackboneRecipe.Dit(3, 16, 1, 1), 3, 8, 0))
        .hasMessage("patch: 3 (expected: a divisor of 8 x 8)");
    assertThatThrownBy(() -> new BackboneRecipe.Dit(2, 18, 1, 2))
        .hasMessage("width: 18 (expected: a multiple of 4 and of the 2 heads)");
    assertThatThrownBy(() -> built(new BackboneRecipe.Unet(8, List.of(1, 1, 1), 1, 1), 3, 6, 0))
        .hasMessage("multipliers: [1, 1, 1] (expected: levels that halve 6 x 6 evenly)");
    assertThatThrownBy(() -> new BackboneRecipe.Unet(10, List.of(1), 1, 4))
        .hasMessage("channels: 10 (expected: 4 or more, a multiple of the heads)");
  }
}
