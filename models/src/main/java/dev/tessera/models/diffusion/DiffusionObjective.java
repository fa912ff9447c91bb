package dev.tessera.models.diffusion;

import static dev.tessera.models.diffusion.DiffusionModel.pixelwise;

import dev.tessera.models.diffusion.space.Design;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.diffusion.space.Prediction;
import dev.tessera.models.diffusion.space.Traced;
import dev.tessera.models.diffusion.space.Weighting;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.train.BatchColumn;
import dev.tessera.models.train.Group;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.Phase;
import dev.tessera.models.train.PhaseBuilder;
import dev.tessera.models.train.TrainingPrecision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The gradient of a recipe's {@link Loss} at noise levels drawn for each picture. */
public final class DiffusionObjective implements Objective {

  private final DiffusionModel model;
  private final int shards;
  private final int shardBatch;
  private final TrainingPrecision precision;
  private final Target target;
  private final BatchColumn stored;
  private final Optional<BatchColumn> labels;
  private final List<Phase> phases;

  /** In float32. */
  public DiffusionObjective(
      DiffusionModel model, int shards, int shardBatch, Segmentation segmentation) {
    this(model, shards, shardBatch, segmentation, TrainingPrecision.FP32, Target.CPU);
  }

  /**
   * @param shards parts of the global batch
   * @param shardBatch pictures of each
   * @param target what the program is written for
   */
  public DiffusionObjective(
      DiffusionModel model,
      int shards,
      int shardBatch,
      Segmentation segmentation,
      TrainingPrecision precision,
      Target target) {
    requirePictures(model);
    this.precision = precision;
    this.target = target;
    this.model = model;
    this.shards = shards;
    this.shardBatch = shardBatch;
    this.stored =
        new BatchColumn(
            model.signal().column(),
            new TensorType(model.signal().dtype(), model.signal().shape(shardBatch)));
    this.labels =
        model.classes() > 0
            ? Optional.of(
                new BatchColumn("label", new TensorType(DType.INT32, Shape.of(shardBatch))))
            : Optional.empty();
    this.phases = List.of(denoising(segmentation));
  }

  /** A mirrored map of latents is not the latents of a mirrored picture: encoders are one-sided. */
  private static void requirePictures(DiffusionModel model) {
    if (model.recipe().flip() && model.signal().kind() == Signal.Kind.LATENTS) {
      throw new IllegalArgumentException(
          "flip: true (expected: false, mirrored latents are not those of mirrored pictures; put"
              + " mirrored pictures into the table that is tokenized instead)");
    }
  }

  @Override
  public List<Group> groups() {
    return DiffusionFamily.groups(model);
  }

  @Override
  public Layout state() {
    return DiffusionFamily.noState();
  }

  @Override
  public List<Phase> phases() {
    return phases;
  }

  @Override
  public List<BatchColumn> columns() {
    return Stream.concat(Stream.of(stored), labels.stream()).toList();
  }

  private Phase denoising(Segmentation segmentation) {
    // Operators of our own have no second derivatives.
    Target written = model.recipe().differentiatesTwice() ? Target.CPU : target;
    PhaseBuilder phase = new PhaseBuilder("denoising", model.layout(), shards, precision, written);
    Tensor values = phase.column(stored);
    Optional<Tensor> classes = labels.map(phase::column);
    phase.randomness();
    phase.lossScale();
    Tensor label = classes.map(this::hidden).orElse(null);
    Tensor data = model.signal().normalize(values, model.recipe().sigmaData());
    boolean flips = model.recipe().flip();
    Augmentation augmentation = model.recipe().augmentation();
    Augmented augmented =
        augmentation.happens()
            ? Augmented.of(data, augmentation, flips)
            : new Augmented(flips ? flipped(data) : data, null);
    phase.gradient(
        segmentation,
        () -> {
          Tensor share = phase.share(loss(augmented, label));
          phase.metricShare("loss", share);
          return share;
        });
    return phase.finish(new Phase.Schedule.Always());
  }

  private Tensor loss(Augmented data, Tensor label) {
    Loss loss = model.recipe().loss();
    if (loss instanceof Loss.SlicedScore sliced) {
      return sliced(sliced, data, label);
    }
    Denoised denoised = denoised(data, label);
    if (loss instanceof Loss.Uncertain uncertain) {
      Tensor u = model.uncertainty(denoised.sigma);
      return denoised.error(uncertain.weighting()).div(u.exp()).add(u).meanAll();
    }
    if (loss instanceof Loss.Hybrid hybrid) {
      Tensor bits = denoised.bound((Discrete) model.recipe().path());
      return denoised.error(hybrid.weighting()).add(bits.mul(hybrid.bound())).meanAll();
    }
    return denoised.error(((Loss.Denoising) loss).weighting()).meanAll();
  }

  /** Noise levels {@code [N]} of the recipe's distribution. */
  private Traced levels(Trace trace, long n) {
    NoiseDistribution noise = model.recipe().noise();
    Tensor drawn =
        switch (noise.draw()) {
          case NORMAL -> trace.normal(Shape.of(n));
          case UNIFORM -> trace.uniform(Shape.of(n));
        };
    return noise.sigma(new Traced(drawn), model.recipe().path());
  }

  /** What the network says of noisy data at levels of the recipe. */
  private Denoised denoised(Augmented data, Tensor label) {
    Tensor clean = data.pictures();
    Traced sigma = levels(clean.trace(), clean.dim(0));
    Tensor eps = clean.trace().normal(clean.shape());
    Tensor noisy = clean.add(eps.mul(pixelwise(sigma)));
    return new Denoised(
        clean, eps, noisy, sigma, model.network(noisy, sigma.tensor(), label, data.labels()));
  }

  /** Of one batch; its losses are {@code [N]}. */
  private final class Denoised {

    private final Tensor clean;
    private final Tensor eps;
    private final Tensor noisy;
    private final Traced sigma;
    private final DiffusionModel.Said said;

    Denoised(Tensor clean, Tensor eps, Tensor noisy, Traced sigma, DiffusionModel.Said said) {
      this.clean = clean;
      this.eps = eps;
      this.noisy = noisy;
      this.sigma = sigma;
      this.said = said;
    }

    /**
     * The error of what the network says, weighted as if it were the denoised data's: that
     * difference itself would lose its digits where noise is low.
     */
    Tensor error(Weighting weighting) {
      Design design = model.design();
      Prediction.Target<Traced> target = design.target(sigma);
      Tensor wanted = clean.mul(pixelwise(target.data())).add(eps.mul(pixelwise(target.noise())));
      Tensor error = said.f().sub(wanted).square().mean(1, 2, 3);
      Tensor weight = design.weight(weighting, sigma).tensor();
      return error.reshape(weight.shape()).mul(weight);
    }

    /** The variational bound's term of each level, as a function of the variance alone. */
    Tensor bound(Discrete path) {
      Tensor mean = model.denoised(noisy, sigma.tensor(), said).detach();
      return new VariationalBound(path, model.signal().kind())
          .bits(sigma, clean, mean, said.fraction());
    }
  }

  /**
   * With {@code s = (D - x) / sigma^2} and a weight w of {@code |D - x0|^2}, which is {@code w
   * sigma^4} of {@code |s - s*|^2}: {@code w sigma^4 (v' J v + |s|^2 / 2)}, an element.
   */
  private Tensor sliced(Loss.SlicedScore loss, Augmented data, Tensor label) {
    Tensor clean = data.pictures();
    Trace trace = clean.trace();
    trace.differentiateTwice();
    Traced sigma = levels(trace, clean.dim(0));
    Tensor variance = pixelwise(sigma.square());
    Tensor noisy = clean.add(trace.normal(clean.shape()).mul(pixelwise(sigma))).detach().leaf();
    DiffusionModel.Said said = model.network(noisy, sigma.tensor(), label, data.labels());
    Tensor step = model.denoised(noisy, sigma.tensor(), said).sub(noisy);
    List<Tensor> terms = new ArrayList<>();
    for (int i = 0; i < loss.projections(); i++) {
      Tensor v = Directions.of(trace, loss.direction(), clean.shape());
      Tensor slice = step.mul(v);
      Tensor curved =
          trace.grad(List.of(slice.sumAll()), List.of(noisy), List.of(), true, true).get(0);
      terms.add(curved.mul(v).mul(variance).mean(1, 2, 3));
      if (!loss.varianceReduced()) {
        double elements = (double) clean.shape().size() / clean.dim(0);
        terms.add(slice.mean(1, 2, 3).square().mul(elements / 2));
      }
    }
    Tensor sum = terms.stream().reduce(Tensor::add).orElseThrow().mul(1.0 / loss.projections());
    if (loss.varianceReduced()) {
      sum = sum.add(step.square().mean(1, 2, 3).mul(0.5));
    }
    DiffusionRecipe recipe = model.recipe();
    Traced weight = loss.weighting().weight(sigma, recipe.path(), recipe.sigmaData());
    return sum.mul(pixelwise(weight)).meanAll();
  }

  /** Labels of which some are replaced by the number that means no class. */
  private Tensor hidden(Tensor label) {
    Trace trace = label.trace();
    Tensor index = label.cast(DType.INT64);
    Tensor chance = trace.full(DType.FLOAT32, Shape.of(), model.recipe().labelDropout());
    Tensor hide = trace.uniform(Shape.of(shardBatch)).less(chance);
    return hide.where(trace.full(DType.INT64, index.shape(), model.classes()), index);
  }

  private Tensor flipped(Tensor data) {
    Trace trace = data.trace();
    Tensor half = trace.full(DType.FLOAT32, Shape.of(), 0.5);
    Tensor mirror = trace.uniform(Shape.of(shardBatch)).less(half);
    return pixelwise(mirror).where(data.flip(3), data);
  }
}
