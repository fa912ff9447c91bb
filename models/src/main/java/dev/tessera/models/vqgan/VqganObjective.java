package dev.tessera.models.vqgan;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.nn.PatchDiscriminator;
import dev.tessera.models.train.Group;
import dev.tessera.models.train.LossScale;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.Phase;
import dev.tessera.models.train.TrainingPrecision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Training of a VQGAN's first stage: reconstruction and commitment, then also a hinge loss against
 * a patch discriminator under the adaptive weight (Esser et al. 2021, equation 7).
 */
public final class VqganObjective implements Objective {

  private static final String DISCRIMINATOR = "discriminator";
  private static final double GREATEST_WEIGHT = 1e4;
  private static final double DELTA = 1e-4;

  private final Vqgan model;
  private final int shards;
  private final int shardBatch;
  private final Segmentation segmentation;
  private final TrainingPrecision precision;
  private final Target target;
  private final PatchDiscriminator discriminator;
  private final Layout discriminatorLayout;
  private final List<Phase> phases = new ArrayList<>();

  /** In float32, all activations kept. */
  public VqganObjective(Vqgan model, int shards, int shardBatch) {
    this(model, shards, shardBatch, Segmentation.WHOLE, TrainingPrecision.FP32, Target.CPU);
  }

  /**
   * @param shards parts of the global batch
   * @param shardBatch pictures of each
   * @param segmentation what the generator's gradient keeps
   * @param target what the programs are written for
   */
  public VqganObjective(
      Vqgan model,
      int shards,
      int shardBatch,
      Segmentation segmentation,
      TrainingPrecision precision,
      Target target) {
    this.segmentation = segmentation;
    this.precision = precision;
    this.target = target;
    this.model = model;
    this.shards = shards;
    this.shardBatch = shardBatch;
    VqganRecipe.Adversary adversary = model.recipe().adversary();
    requireRoom(adversary, model.imageShape(1));
    Scope scope = Scope.group(DISCRIMINATOR);
    discriminator =
        adversary.form() == VqganRecipe.Form.COMPACT
            ? PatchDiscriminator.compact(scope, 3, adversary.channels(), adversary.layers())
            : PatchDiscriminator.published(scope, 3, adversary.channels(), adversary.layers());
    discriminatorLayout = scope.layout();
    if (adversary.takesPart()) {
      Phase.Schedule before = new Phase.Schedule.Until(adversary.startImages());
      Phase.Schedule after = new Phase.Schedule.From(adversary.startImages());
      phases.add(generatorPhase("reconstruction", false, before));
      phases.add(generatorPhase("generator", true, after));
      phases.add(discriminatorPhase(after));
    } else {
      phases.add(generatorPhase("reconstruction", false, new Phase.Schedule.Always()));
    }
  }

  private static void requireRoom(VqganRecipe.Adversary adversary, Shape image) {
    long side = Math.min(image.dim(2), image.dim(3));
    // Each of the published form's last two layers takes a pixel off.
    long least = adversary.form() == VqganRecipe.Form.COMPACT ? 1 : 3;
    if (adversary.takesPart()
        && (adversary.layers() >= Long.SIZE || side >> adversary.layers() < least)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "adversary.layers: %d (expected: layers that can halve %d pixels)",
              adversary.layers(),
              side));
    }
  }

  @Override
  public List<Group> groups() {
    VqganRecipe recipe = model.recipe();
    List<Group> groups = new ArrayList<>();
    groups.add(new Group(model.layout(), recipe.optimizer(), Optional.empty()));
    if (recipe.adversary().takesPart()) {
      groups.add(new Group(discriminatorLayout, recipe.adversary().optimizer(), Optional.empty()));
    }
    return groups;
  }

  @Override
  public Layout state() {
    return model.state();
  }

  @Override
  public List<Phase> phases() {
    return phases;
  }

  @Override
  public Map<String, TensorType> columns() {
    return Map.of("image", new TensorType(DType.UINT8, model.imageShape(shardBatch)));
  }

  private Phase generatorPhase(String name, boolean adversarial, Phase.Schedule schedule) {
    List<String> metrics = new ArrayList<>(List.of("rec_loss", "mse", "commit_loss"));
    if (adversarial) {
      metrics.addAll(List.of("g_loss", "d_weight"));
    }
    return new Phase(
        name,
        Vqgan.GENERATOR,
        generatorProgram(name, adversarial),
        metrics,
        adversarial ? List.of("reconstruction") : List.of(),
        Optional.of(codebookUpdate(metrics.size())),
        schedule);
  }

  private Program generatorProgram(String name, boolean adversarial) {
    Trace trace = new Trace(name, precision.graph(), target);
    Tensor flat = trace.input(Vqgan.GENERATOR, DType.FLOAT32, Shape.of(model.layout().size()));
    Tensor state = trace.input("state", DType.FLOAT32, Shape.of(model.state().size()));
    Tensor pixels = trace.input("batch_image", DType.UINT8, model.imageShape(shardBatch));
    Tensor key = trace.scalar("key", DType.INT64);
    Tensor shard = trace.scalar("shard", DType.INT64);
    Tensor judge =
        adversarial
            ? trace.input(DISCRIMINATOR, DType.FLOAT32, Shape.of(discriminatorLayout.size()))
            : null;
    LossScale scale = LossScale.input(trace);
    trace.randomness(key);
    trace.bind(model.state(), state);
    if (adversarial) {
      trace.bind(discriminatorLayout, judge);
    }
    List<Tensor> metrics = new ArrayList<>();
    List<Tensor> kept = new ArrayList<>();
    Tensor gradient =
        trace.gradient(
            model.layout(),
            flat,
            segmentation,
            () ->
                scale.of(
                    generatorLoss(
                        Vqgan.normalize(pixels), shard, adversarial, scale, metrics, kept)));
    Tensor summary = summary(metrics, kept.get(0));
    return adversarial
        ? trace.finish(gradient, summary, kept.get(1).detach())
        : trace.finish(gradient, summary);
  }

  /** Collects metrics, and keeps the codebook's statistics and the reconstruction. */
  private Tensor generatorLoss(
      Tensor images,
      Tensor shard,
      boolean adversarial,
      LossScale scale,
      List<Tensor> metrics,
      List<Tensor> kept) {
    VqganRecipe recipe = model.recipe();
    Tensor z = Vqgan.rows(model.encode(images));
    Tensor codes = model.codebook().codes(images.trace());
    Quantized quantized = Quantized.of(z, codes);
    Tensor commitment = quantized.commitment();
    Tensor picture = model.decode(model.grid(quantized.straight(), shardBatch));
    Tensor difference = picture.sub(images);
    Tensor squared = difference.square().meanAll();
    Tensor reconstruction =
        difference
            .abs()
            .meanAll()
            .mul(recipe.losses().absolute())
            .add(squared.mul(recipe.losses().squared()));
    kept.add(model.codebook().statistics(z.detach(), quantized.index(), shard, shards));
    kept.add(picture);
    metrics.addAll(List.of(reconstruction, squared, commitment));
    Tensor loss = reconstruction.add(commitment.mul(recipe.codes().commitment()));
    if (adversarial) {
      Tensor fooled = fooled(discriminator.apply(picture).master());
      Tensor last = images.trace().weight(model.lastWeight());
      Tensor weight =
          adaptiveWeight(reconstruction, fooled, last, recipe.adversary().weight(), scale);
      metrics.addAll(List.of(fooled, weight));
      loss = loss.add(fooled.mul(weight));
    }
    return loss.mul(1.0 / shards);
  }

  /**
   * Makes both losses pull equally hard at the decoder's last weight, times {@code weight}. Where
   * losses are scaled, a pull that overflows gives no weight but NaN, so that the step is skipped.
   */
  static Tensor adaptiveWeight(
      Tensor reconstruction, Tensor fooled, Tensor last, double weight, LossScale scale) {
    Tensor pulled = pull(reconstruction, last, scale);
    Tensor pushed = pull(fooled, last, scale);
    Tensor ratio = pulled.div(pushed.add(DELTA)).clamp(0, GREATEST_WEIGHT).mul(weight);
    return (scale.isPresent() ? ratio.add(pulled.add(pushed).mul(0)) : ratio).detach();
  }

  private static Tensor pull(Tensor loss, Tensor at, LossScale scale) {
    Trace trace = loss.trace();
    Tensor scaled = scale.of(loss);
    return norm(
        scale.undo(
            trace.grad(List.of(scaled), List.of(at), List.of(), false, true).get(0).master()));
  }

  private static Tensor norm(Tensor x) {
    return x.master().square().sumAll().sqrt();
  }

  /** The discriminator's loss by its logits of real and of made pictures (Lim and Ye 2017). */
  static Tensor hinge(Tensor real, Tensor made) {
    return real.neg().add(1).relu().meanAll().add(made.add(1).relu().meanAll()).mul(0.5);
  }

  /** The generator's loss by the logits of what it made. */
  static Tensor fooled(Tensor made) {
    return made.meanAll().neg();
  }

  private Phase discriminatorPhase(Phase.Schedule schedule) {
    Trace trace = new Trace(DISCRIMINATOR, precision.graph(), target);
    Tensor flat = trace.input(DISCRIMINATOR, DType.FLOAT32, Shape.of(discriminatorLayout.size()));
    Tensor pixels = trace.input("batch_image", DType.UINT8, model.imageShape(shardBatch));
    Tensor fake = trace.input("carry_reconstruction", DType.FLOAT32, model.imageShape(shardBatch));
    LossScale scale = LossScale.input(trace);
    List<Tensor> metrics = new ArrayList<>();
    Tensor gradient =
        trace.gradient(
            discriminatorLayout,
            flat,
            Segmentation.WHOLE,
            () -> {
              Tensor real = discriminator.apply(Vqgan.normalize(pixels)).master();
              Tensor made = discriminator.apply(fake).master();
              Tensor hinge = hinge(real, made);
              metrics.addAll(List.of(hinge, real.meanAll(), made.meanAll()));
              return scale.of(hinge.mul(1.0 / shards));
            });
    return new Phase(
        DISCRIMINATOR,
        DISCRIMINATOR,
        trace.finish(gradient, summary(metrics, null)),
        List.of("disc_loss", "logits_real", "logits_fake"),
        List.of(),
        Optional.empty(),
        schedule);
  }

  /** Metrics as shares of the mean over shards, then statistics. */
  private Tensor summary(List<Tensor> metrics, Tensor statistics) {
    List<Tensor> parts = new ArrayList<>();
    metrics.forEach(m -> parts.add(m.detach().mul(1.0 / shards).reshape(1)));
    if (statistics != null) {
      parts.add(statistics);
    }
    return Tensor.cat(0, parts);
  }

  private Phase.StateUpdate codebookUpdate(int metrics) {
    Trace trace = new Trace("codebook update", Precision.FP32);
    Tensor state = trace.input("state", DType.FLOAT32, Shape.of(model.state().size()));
    long size = model.codebook().statisticsSize();
    Tensor summary = trace.input("summary", DType.FLOAT32, Shape.of(metrics + size));
    trace.bind(model.state(), state);
    Tensor usage = model.codebook().update(summary.narrow(0, metrics, size));
    return new Phase.StateUpdate(
        trace.finish(usage), List.of("codebook_usage", "codebook_perplexity"));
  }
}
