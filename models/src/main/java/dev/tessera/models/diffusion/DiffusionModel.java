package dev.tessera.models.diffusion;

import dev.tessera.models.diffusion.space.Design;
import dev.tessera.models.diffusion.space.Traced;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.nn.Backbone;
import dev.tessera.models.nn.BackboneShape;
import dev.tessera.models.nn.UncertaintyHead;
import java.util.List;

/** A recipe's network for one signal, and its programs. */
public final class DiffusionModel {

  /** The group of the network. */
  public static final String DENOISER = "denoiser";

  private final DiffusionRecipe recipe;
  private final Signal signal;
  private final int classes;
  private final Layout layout;
  private final Backbone backbone;
  private final UncertaintyHead uncertainty;
  private final Design design;

  /**
   * @param classes number of classes of the data; not used by an unconditional recipe
   */
  public DiffusionModel(DiffusionRecipe recipe, Signal signal, int classes) {
    if (recipe.classConditional() && classes < 1) {
      throw new IllegalArgumentException(
          "classConditional: true (expected: false, the data set has no labels)");
    }
    this.recipe = recipe;
    this.design = recipe.design();
    this.signal = signal;
    this.classes = recipe.classConditional() ? classes : 0;
    if (recipe.augmentation().happens() && signal.kind() != Signal.Kind.PIXELS) {
      throw new IllegalArgumentException(
          "augmentation.probability: "
              + recipe.augmentation().probability()
              + " (expected: 0, latents are no pictures to be turned)");
    }
    Scope scope = Scope.group(DENOISER);
    this.backbone = backbone(scope);
    this.uncertainty =
        recipe.loss() instanceof Loss.Uncertain
            ? new UncertaintyHead(scope.child("uncertainty"))
            : null;
    this.layout = scope.layout();
  }

  private Backbone backbone(Scope scope) {
    try {
      int said = recipe.learnsVariance() ? 2 * signal.channels() : signal.channels();
      BackboneShape shape =
          BackboneShape.of(signal.channels(), signal.height(), signal.width(), classes)
              .withOutputs(said)
              .withAugment(recipe.augmentation().happens() ? Augmentation.LABELS : 0);
      return recipe.backbone().build(scope, shape);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("backbone." + e.getMessage(), e);
    }
  }

  public DiffusionRecipe recipe() {
    return recipe;
  }

  public Signal signal() {
    return signal;
  }

  /** Number of classes that the network knows; 0 if it is unconditional. */
  public int classes() {
    return classes;
  }

  public Layout layout() {
    return layout;
  }

  Design design() {
    return design;
  }

  /**
   * What the network says of {@code x [N, C, H, W]} at {@code sigma [N]}, or {@code [1]} for all
   * alike.
   *
   * @param label int64 {@code [N]} or null
   * @param augmented {@code [N, 9]}; null for pictures as they are
   */
  Said network(Tensor x, Tensor sigma, Tensor label, Tensor augmented) {
    Traced level = new Traced(sigma);
    Tensor noise = label(level).expand(Shape.of(x.dim(0)));
    Tensor all = backbone.apply(x.mul(pixelwise(design.in(level))), noise, label, augmented);
    if (!recipe.learnsVariance()) {
      return new Said(all, null);
    }
    List<Tensor> halves = all.chunk(1, 2);
    return new Said(halves.get(0), halves.get(1).add(1).mul(0.5));
  }

  /** What the network is told of noise levels. */
  private Tensor label(Traced level) {
    Tensor noise = design.noise(level).tensor();
    return design.preconditioning().countsSteps() ? noise.mul(1 / backbone.labelScale()) : noise;
  }

  /** What the network's layers see of noise levels {@code sigma [N]}. */
  Tensor features(Tensor sigma) {
    return backbone.features(label(new Traced(sigma)));
  }

  /** u of noise levels {@code sigma [N]}, of a recipe whose loss learns it: {@code [N]}. */
  Tensor uncertainty(Traced sigma) {
    return uncertainty.apply(sigma.log().mul(0.25).tensor());
  }

  /**
   * A network's answer.
   *
   * @param f the prediction, {@code [N, C, H, W]}
   * @param fraction where between its bounds a step's variance lies, 0 to 1 for the smallest to the
   *     largest, {@code [N, C, H, W]}; null in models that do not say
   */
  record Said(Tensor f, Tensor fraction) {}

  /** The denoised {@code x [N, C, H, W]} at {@code sigma [N]} or {@code [1]}, as above. */
  Tensor denoise(Tensor x, Tensor sigma, Tensor label) {
    return denoised(x, sigma, network(x, sigma, label, null));
  }

  Tensor denoised(Tensor x, Tensor sigma, Said said) {
    Traced level = new Traced(sigma);
    return x.mul(pixelwise(design.skip(level))).add(said.f().mul(pixelwise(design.out(level))));
  }

  /** {@code [N]} as {@code [N, 1, 1, 1]}. */
  static Tensor pixelwise(Traced perPicture) {
    return pixelwise(perPicture.tensor());
  }

  /** {@code [N]} as {@code [N, 1, 1, 1]}. */
  static Tensor pixelwise(Tensor perPicture) {
    return perPicture.reshape(Shape.of(perPicture.dim(0), 1, 1, 1));
  }

  /**
   * The denoiser that samplers call: {@code (denoiser, x float64 [N, C, H, W], sigma float64 [],
   * label int64 [N], guidance float64 []) ->} denoised float64, and the fraction of the variance
   * float64 where the recipe {@link DiffusionRecipe#learnsVariance}. Label {@link #classes} means
   * none. Unconditional models take no label; {@code guided} ones run both with and without the
   * class and extrapolate from the latter (Ho and Salimans 2022).
   */
  public Program denoiser(int batch, boolean guided) {
    return denoiser(batch, guided, false, Target.CPU);
  }

  /**
   * As {@link #denoiser(int, boolean)}, written for {@code target}.
   *
   * @param clipped whether denoised pixels are kept within those of pictures, from -1 to 1 (Ho et
   *     al. 2020); latents have no such bound and are left as they are
   */
  public Program denoiser(int batch, boolean guided, boolean clipped, Target target) {
    Trace trace = new Trace("denoise", Precision.FP32, target);
    Tensor flat = trace.input(DENOISER, DType.FLOAT32, Shape.of(layout.size()));
    Tensor x = trace.input("x", DType.FLOAT64, signal.shape(batch));
    Tensor sigma = trace.scalar("sigma", DType.FLOAT64);
    Tensor label = classes > 0 ? trace.input("label", DType.INT64, Shape.of(batch)) : null;
    Tensor guidance = guided ? trace.scalar("guidance", DType.FLOAT64) : null;
    trace.bind(layout, flat);
    Tensor single = x.cast(DType.FLOAT32);
    Tensor level = sigma.cast(DType.FLOAT32).reshape(1);
    if (!guided) {
      Said said = network(single, level, label, null);
      Tensor clean = denoised(single, level, said).cast(DType.FLOAT64);
      return finished(trace, clipped ? clipped(clean) : clean, said.fraction());
    }
    Tensor none = trace.full(DType.INT64, Shape.of(batch), classes);
    Tensor twice = Tensor.cat(0, List.of(single, single));
    Said said = network(twice, level, Tensor.cat(0, List.of(label, none)), null);
    Tensor both = denoised(twice, level, said);
    List<Tensor> halves = both.cast(DType.FLOAT64).chunk(0, 2);
    Tensor difference = halves.get(0).sub(halves.get(1));
    Tensor clean = halves.get(1).add(difference.mul(guidance));
    // The variance is that of the class.
    Tensor fraction = said.fraction() == null ? null : said.fraction().narrow(0, 0, batch);
    return finished(trace, clipped ? clipped(clean) : clean, fraction);
  }

  private static Program finished(Trace trace, Tensor clean, Tensor fraction) {
    return fraction == null
        ? trace.finish(clean)
        : trace.finish(clean, fraction.cast(DType.FLOAT64));
  }

  private Tensor clipped(Tensor clean) {
    return signal.kind() == Signal.Kind.PIXELS ? clean.clamp(-1, 1) : clean;
  }

  /**
   * The denoiser for export: {@code (denoiser, x float32 [N, C, H, W], sigma float32 [N], label
   * int64 [N]) ->} denoised float32, of data as {@link Signal} maps them.
   */
  public Program exported(int batch) {
    Trace trace = new Trace("denoiser", Precision.FP32);
    Tensor flat = trace.input(DENOISER, DType.FLOAT32, Shape.of(layout.size()));
    Tensor x = trace.input("x", DType.FLOAT32, signal.shape(batch));
    Tensor sigma = trace.input("sigma", DType.FLOAT32, Shape.of(batch));
    Tensor label = classes > 0 ? trace.input("label", DType.INT64, Shape.of(batch)) : null;
    trace.bind(layout, flat);
    return trace.finish(denoise(x, sigma, label));
  }

  /**
   * Samples as they are stored: {@code (x float64) ->} uint8 pixels or float32 latents, {@code [N,
   * C, H, W]}.
   */
  public Program stored(int batch) {
    Trace trace = new Trace("stored", Precision.FP32);
    Tensor x = trace.input("x", DType.FLOAT64, signal.shape(batch));
    Tensor values = signal.denormalize(x, recipe.sigmaData());
    return trace.finish(
        signal.kind() == Signal.Kind.PIXELS
            ? values.clamp(0, 255).round().cast(DType.UINT8)
            : values.cast(DType.FLOAT32));
  }

  /**
   * The denoiser D with its Jacobian along one direction: {@code (denoiser, x float64 [N, C, H, W],
   * sigma float64 [], label int64 [N], v float64 [N, C, H, W]) -> (D float64, v' J v float64 [N])}.
   * Unconditional models take no label. Of ATen's operations alone: ours have derivatives of
   * parameters only where a whole objective is traced.
   */
  public Program probed(int batch) {
    Trace trace = new Trace("denoise and trace", Precision.FP32);
    Tensor flat = trace.input(DENOISER, DType.FLOAT32, Shape.of(layout.size()));
    Tensor x = trace.input("x", DType.FLOAT64, signal.shape(batch));
    Tensor sigma = trace.scalar("sigma", DType.FLOAT64);
    Tensor label = classes > 0 ? trace.input("label", DType.INT64, Shape.of(batch)) : null;
    Tensor v = trace.input("v", DType.FLOAT64, signal.shape(batch));
    trace.bind(layout, flat);
    Tensor single = x.cast(DType.FLOAT32).detach().leaf();
    Tensor levels = sigma.cast(DType.FLOAT32).reshape(1);
    Tensor clean = denoise(single, levels, label);
    Tensor direction = v.cast(DType.FLOAT32);
    Tensor along =
        trace.grad(List.of(clean), List.of(single), List.of(direction), false, false).get(0);
    Tensor product = along.cast(DType.FLOAT64).mul(v).sum(1, 2, 3).reshape(batch);
    return trace.finish(clean.detach().cast(DType.FLOAT64), product);
  }

  /** Of a batch of pictures, {@code [N, C, H, W]}. */
  public Shape shape(int batch) {
    return signal.shape(batch);
  }
}
