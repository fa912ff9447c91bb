package dev.tessera.models.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Parameters of the published networks, added up from their layers. The numbers written out are
 * what PyTorch counts in the authors' own code (NVlabs/edm, NVlabs/edm2, facebookresearch/DiT).
 */
final class NetworkSizesTest {

  private static long size(BackboneRecipe recipe, BackboneShape shape) {
    Scope scope = Scope.group("net");
    recipe.build(scope, shape);
    return scope.layout().size();
  }

  private static long conv(long in, long out, int kernel) {
    return (in * kernel * kernel + 1) * out;
  }

  // The U-Nets of EDM.

  /** A residual block: {@code affine} numbers a feature come from the condition. */
  private static long block(long in, long out, long condition, int affine, boolean skip) {
    long norms = 2 * in + 2 * out;
    long convolutions = conv(in, out, 3) + conv(out, out, 3) + (skip ? conv(in, out, 1) : 0);
    return norms + convolutions + (condition + 1) * affine * out;
  }

  private static long attention(long features) {
    return 2 * features + conv(features, 3 * features, 1) + conv(features, features, 1);
  }

  @Test
  void ddpmForCifar() {
    BackboneShape shape = BackboneShape.of(3, 32, 32, 0).withAugment(9);
    assertThat(size(BackboneRecipe.DdpmPlusPlus.defaults(), shape)).isEqualTo(55_733_891);
  }

  @Test
  void ncsnForCifar() {
    // As DDPM++, with twice the sines and cosines, and pictures of 3 and of 256 features beside.
    long frequencies = 128L * 512;
    long pictures = conv(3, 256, 3) + conv(256, 256, 3);
    BackboneShape shape = BackboneShape.of(3, 32, 32, 0);
    long ddpm = size(BackboneRecipe.DdpmPlusPlus.defaults(), shape);
    BackboneRecipe ncsn = BackboneRecipe.NcsnPlusPlus.defaults();
    assertThat(size(ncsn, shape)).isEqualTo(ddpm + frequencies + pictures).isEqualTo(56_395_523);
    assertThat(size(ncsn, shape.withAugment(9)))
        .isEqualTo(56_395_523 + 9 * 256)
        .isEqualTo(56_397_827);
    assertThat(size(ncsn, BackboneShape.of(3, 32, 32, 10)))
        .isEqualTo(56_395_523 + 11 * 256)
        .isEqualTo(56_398_339);
  }

  @Test
  void admForImageNet64() {
    long c = 192;
    long condition = 4 * c;
    long embedding = (c + 1) * condition + (condition + 1) * condition + 1000 * condition;
    long ends = conv(3, c, 3) + 2 * c + conv(c, 3, 3);
    Deque<Long> skips = new ArrayDeque<>(List.of(c));
    long blocks = 0;
    long current = c;
    for (int level = 0; level < 4; level++) {
      if (level > 0) {
        blocks += block(current, current, condition, 2, false);
        skips.push(current);
      }
      for (int i = 0; i < 3; i++) {
        long out = c * (level + 1);
        blocks += block(current, out, condition, 2, current != out);
        blocks += level > 0 ? attention(out) : 0;
        current = out;
        skips.push(current);
      }
    }
    blocks += 2 * block(current, current, condition, 2, false) + attention(current);
    for (int level = 3; level >= 0; level--) {
      if (level < 3) {
        blocks += block(current, current, condition, 2, false);
      }
      for (int i = 0; i < 4; i++) {
        long out = c * (level + 1);
        blocks += block(current + skips.pop(), out, condition, 2, true);
        blocks += level > 0 ? attention(out) : 0;
        current = out;
      }
    }
    BackboneRecipe adm = BackboneRecipe.Adm.defaults();
    BackboneShape shape = BackboneShape.of(3, 64, 64, 1000);
    assertThat(size(adm, shape)).isEqualTo(embedding + ends + blocks).isEqualTo(295_899_267);
    assertThat(size(adm, shape.withAugment(9)))
        .isEqualTo(295_899_267 + 9 * 192)
        .isEqualTo(295_900_995);
  }

  // EDM2: no biases, no norms; a gain a block and one at the end.

  private static long magnitude(long in, long out, long condition, boolean up, boolean attends) {
    long convolutions = 9 * (up ? in : out) * out + 9 * out * out + (in == out ? 0 : in * out);
    return 1 + convolutions + condition * out + (attends ? 4 * out * out : 0);
  }

  private static long edm2(long c, long channels) {
    long condition = 4 * c;
    long total = c * condition + 1000 * condition + 9 * (channels + 1) * c + 9 * c * channels + 1;
    Deque<Long> skips = new ArrayDeque<>(List.of(c));
    long current = c;
    for (int level = 0; level < 4; level++) {
      if (level > 0) {
        total += magnitude(current, current, condition, false, false);
        skips.push(current);
      }
      for (int i = 0; i < 3; i++) {
        total += magnitude(current, c * (level + 1), condition, false, level > 1);
        current = c * (level + 1);
        skips.push(current);
      }
    }
    total += magnitude(current, current, condition, true, true);
    total += magnitude(current, current, condition, true, false);
    for (int level = 3; level >= 0; level--) {
      if (level < 3) {
        total += magnitude(current, current, condition, true, false);
      }
      for (int i = 0; i < 4; i++) {
        total += magnitude(current + skips.pop(), c * (level + 1), condition, true, level > 1);
        current = c * (level + 1);
      }
    }
    return total;
  }

  @ParameterizedTest
  @CsvSource({
    "128, 4, 124_713_125", // EDM2-XS
    "192, 4, 280_212_709", // EDM2-S
    "192, 3, 280_209_253" // EDM2-S for pictures of 64 x 64
  })
  void edm2ForImageNet(int channels, int signal, String published) {
    BackboneRecipe.Edm2 xs = BackboneRecipe.Edm2.defaults();
    BackboneRecipe recipe =
        new BackboneRecipe.Edm2(
            channels, xs.multipliers(), xs.blocks(), xs.attentionResolutions(), 64, 0);
    long count = Long.parseLong(published.replace("_", ""));
    // The authors' own counts have 128 more, of the uncertainty.
    assertThat(size(recipe, BackboneShape.of(signal, 64, 64, 1000)))
        .isEqualTo(edm2(channels, signal))
        .isEqualTo(count);
  }

  // Transformers of Peebles and Xie 2023, for 32 x 32 x 4 latents and 1000 classes.

  private static BackboneRecipe.Dit dit(int width, int depth, int heads) {
    BackboneRecipe.Dit plain = new BackboneRecipe.Dit(2, width, depth, heads);
    return new BackboneRecipe.Dit(
        2,
        width,
        depth,
        heads,
        plain.norm(),
        plain.feedForward(),
        plain.positions(),
        plain.qkNorm(),
        256);
  }

  private static final BackboneShape LATENTS = BackboneShape.of(4, 32, 32, 1000).withOutputs(8);

  @ParameterizedTest
  @CsvSource({
    "384, 12, 6, 32_963_360", // DiT-S/2
    "768, 12, 12, 130_512_416", // DiT-B/2
    "1024, 24, 16, 458_102_816", // DiT-L/2
    "1152, 28, 16, 675_129_632" // DiT-XL/2
  })
  void transformersForImageNet(int width, int depth, int heads, String published) {
    long w = width;
    long ends = 17 * w + (w + 1) * 32 + (w + 1) * 2 * w;
    // Frozen in the authors' code, which counts them; learned here.
    long positions = 256 * w;
    long embedding = 257 * w + (w + 1) * w + 1001 * w;
    long attention = (w + 1) * 4 * w;
    long layers = (w + 1) * 4 * w + (4 * w + 1) * w;
    long blocks = depth * (attention + layers + (w + 1) * 6 * w);
    assertThat(size(dit(width, depth, heads), LATENTS))
        .isEqualTo(ends + positions + embedding + blocks)
        .isEqualTo(Long.parseLong(published.replace("_", "")));
  }

  private static double forwardFlops(BackboneRecipe recipe, BackboneShape shape) {
    Scope scope = Scope.group("net");
    Backbone backbone = recipe.build(scope, shape);
    Trace trace = new Trace("forward", Precision.FP32);
    Tensor flat = trace.input("flat", DType.FLOAT32, Shape.of(scope.layout().size()));
    Tensor x =
        trace.input(
            "x", DType.FLOAT32, Shape.of(1, shape.channels(), shape.height(), shape.width()));
    Tensor noise = trace.input("noise", DType.FLOAT32, Shape.of(1));
    Tensor label = shape.classes() > 0 ? trace.input("label", DType.INT64, Shape.of(1)) : null;
    trace.bind(scope.layout(), flat);
    return trace.finish(backbone.apply(x, noise, label)).flops();
  }

  @Test
  void theLargestTransformerCostsWhatItsAuthorsSay() {
    // 118.6 "Gflops" of multiplications that are followed by an addition; a program counts both.
    double multiplications = forwardFlops(dit(1152, 28, 16), LATENTS) / 2;
    assertThat(multiplications / 118.64e9).isCloseTo(1, within(0.005));
  }

  @Test
  void gatedLayersCostAsMuchAsPlainOnes() {
    BackboneRecipe.Dit plain = dit(768, 12, 12);
    BackboneRecipe gated =
        new BackboneRecipe.Dit(
            2,
            768,
            12,
            12,
            BackboneRecipe.Dit.Norm.RMS,
            BackboneRecipe.Dit.FeedForward.SWIGLU,
            BackboneRecipe.Dit.Positions.ROTARY,
            true,
            256);
    double ratio = forwardFlops(gated, LATENTS) / forwardFlops(plain, LATENTS);
    assertThat(ratio).isBetween(0.98, 1.02);
  }
}
