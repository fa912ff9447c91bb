package dev.tessera.models.vqgan;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.train.BatchColumn;
import dev.tessera.models.train.Carry;
import dev.tessera.models.train.Group;
import dev.tessera.models.train.LossScale;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.Phase;
import dev.tessera.models.train.PhaseBuilder;
import dev.tessera.models.train.StateUpdateBuilder;
import dev.tessera.models.train.Statistics;
import dev.tessera.models.train.TrainingPrecision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Training of a VQGAN's first stage: reconstruction and commitment, then also a hinge loss against
 * a patch discriminator under the adaptive weight (Esser et al. 2021, equation 7).
 */
public final class VqganObjective implements Objective {

  private static final double GREATEST_WEIGHT = 1e4;
  private static final double DELTA = 1e-4;

  private final Vqgan model;
  private final int shards;
  private final int shardBatch;
  private final Segmentation segmentation;
  private final TrainingPrecision precision;
  private final Target target;
  private final BatchColumn image;
  private final Critic critic;
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
    this.image =
        new BatchColumn("image", new TensorType(DType.UINT8, model.imageShape(shardBatch)));
    VqganRecipe.Adversary adversary = model.recipe().adversary();
    requireRoom(adversary, model.imageShape(1));
    critic = Critic.of(adversary);
    if (adversary.takesPart()) {
      Phase.Schedule before = new Phase.Schedule.Until(adversary.startImages());
      Phase.Schedule after = new Phase.Schedule.From(adversary.startImages());
      Generating against = new Generating("generator", true);
      phases.add(new Generating("reconstruction", false).during(before));
      phases.add(against.during(after));
      phases.add(discriminating(against.made(), after));
    } else {
      phases.add(new Generating("reconstruction", false).during(new Phase.Schedule.Always()));
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
    return VqganFamily.groups(model, critic);
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
  public List<BatchColumn> columns() {
    return List.of(image);
  }

  private PhaseBuilder phase(String name, Layout trained) {
    return new PhaseBuilder(name, trained, shards, precision, target);
  }

  /** The generator's phase, alone or against the discriminator. */
  private final class Generating {

    private final boolean adversarial;
    private final PhaseBuilder phase;
    private final Tensor pixels;
    private final Tensor shard;
    private final LossScale scale;
    private Statistics assigned;
    private Carry made;

    Generating(String name, boolean adversarial) {
      this.adversarial = adversarial;
      phase = phase(name, model.layout());
      phase.state(model.state());
      pixels = phase.column(image);
      phase.randomness();
      shard = phase.shard();
      if (adversarial) {
        phase.parameters(critic.layout());
      }
      scale = phase.lossScale();
      phase.gradient(segmentation, () -> phase.share(loss(Vqgan.normalize(pixels))));
      phase.updateState("codebook update", this::updateCodebook);
    }

    /** The reconstruction, for the discriminator's phase. */
    Carry made() {
      return made;
    }

    Phase during(Phase.Schedule schedule) {
      return phase.finish(schedule);
    }

    private Tensor loss(Tensor images) {
      VqganRecipe recipe = model.recipe();
      Tensor z = Vqgan.rows(model.encode(images));
      Quantized quantized = Quantized.of(z, model.codebook().codes(images.trace()));
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
      assigned =
          phase.statistics(
              model.codebook().statistics(z.detach(), quantized.index(), shard, shards));
      phase.metric("rec_loss", reconstruction);
      phase.metric("mse", squared);
      phase.metric("commit_loss", commitment);
      Tensor loss = reconstruction.add(commitment.mul(recipe.codes().commitment()));
      return adversarial ? loss.add(adversarial(reconstruction, picture)) : loss;
    }

    private Tensor adversarial(Tensor reconstruction, Tensor picture) {
      made = phase.carry("reconstruction", picture);
      Tensor fooled = fooled(critic.network().apply(picture).master());
      Tensor last = phase.trace().weight(model.lastWeight());
      Tensor weight =
          adaptiveWeight(reconstruction, fooled, last, model.recipe().adversary().weight(), scale);
      phase.metric("g_loss", fooled);
      phase.metric("d_weight", weight);
      return fooled.mul(weight);
    }

    private void updateCodebook(StateUpdateBuilder update) {
      update.bindState();
      update.metrics(
          List.of("codebook_usage", "codebook_perplexity"),
          model.codebook().update(update.statistics(assigned)));
    }
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

  private Phase discriminating(Carry reconstruction, Phase.Schedule schedule) {
    PhaseBuilder phase = phase(Critic.GROUP, critic.layout());
    Tensor pixels = phase.column(image);
    Tensor fake = phase.carried(reconstruction);
    phase.gradient(
        Segmentation.WHOLE,
        () -> {
          Tensor real = critic.network().apply(Vqgan.normalize(pixels)).master();
          Tensor made = critic.network().apply(fake).master();
          Tensor hinge = hinge(real, made);
          phase.metric("disc_loss", hinge);
          phase.metric("logits_real", real.meanAll());
          phase.metric("logits_fake", made.meanAll());
          return phase.share(hinge);
        });
    return phase.finish(schedule);
  }
}
