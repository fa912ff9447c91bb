package dev.tessera.spark.training;

import dev.tessera.datasets.batch.Column;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Target;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.train.Group;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganObjective;
import dev.tessera.models.vqgan.VqganRecipe;
import dev.tessera.spark.inference.Architecture;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** What a gang can train: a recipe bound to the sizes of its data. */
public sealed interface Family extends Serializable {

  /** The objective for one rank's programs, written for {@code target}. */
  Objective objective(TrainingSchedule schedule, Target target);

  /** The columns that a batch needs. */
  List<Column> columns();

  /**
   * What the sizes of the parameters do not tell of the network, every fact by its name, so that
   * what records gain and how they print changes nothing. A fact that is new is {@link
   * Structure#added}.
   */
  String structure();

  /** Identifies the parameters, so that no checkpoint of another model is restored. */
  default String architecture(TrainingSchedule schedule) {
    Objective objective = objective(schedule, Target.CPU);
    List<Layout> layouts = new ArrayList<>(objective.groups().stream().map(Group::layout).toList());
    layouts.add(objective.state());
    return Architecture.fingerprint(structure(), layouts);
  }

  /** A VQGAN's first stage on pictures of one size. */
  record Tokenizer(VqganRecipe recipe, int height, int width) implements Family {

    @Override
    public Objective objective(TrainingSchedule schedule, Target target) {
      return new VqganObjective(
          model(),
          schedule.shards(),
          schedule.shardBatch(),
          schedule.activations().segmentation(),
          schedule.precision(),
          target);
    }

    @Override
    public String structure() {
      VqganRecipe.Network network = recipe.network();
      return new Structure("vqgan")
          .fact("patch", network.patch())
          .fact("channels", network.channels())
          .fact("multipliers", network.multipliers())
          .fact("blocks", network.blocks())
          .fact("attention", network.attention())
          .added("form", form(network.form()), form(VqganRecipe.Form.COMPACT))
          .added("attentionResolutions", network.attentionResolutions(), List.of())
          .added("latent", network.latent(), 0)
          .fact("picture-height", height)
          .fact("picture-width", width)
          .text();
    }

    private static String form(VqganRecipe.Form form) {
      return form == VqganRecipe.Form.COMPACT ? "compact" : "published";
    }

    Vqgan model() {
      return new Vqgan(recipe, height, width);
    }

    @Override
    public List<Column> columns() {
      return List.of(Column.PIXELS);
    }
  }

  /**
   * A diffusion model on pixels or latents.
   *
   * @param classes number of classes of the data, 0 without labels
   */
  record Diffusion(DiffusionRecipe recipe, Signal signal, int classes) implements Family {

    @Override
    public String structure() {
      return backbone()
          .fact("signal-kind", signal.kind() == Signal.Kind.PIXELS ? "pixels" : "latents")
          .fact("signal-channels", signal.channels())
          .fact("signal-height", signal.height())
          .fact("signal-width", signal.width())
          .fact("signal-shift", signal.shift())
          .fact("signal-scale", signal.scale())
          .added("sigma-data", recipe.sigmaData(), 0.5)
          .added("steps-per-label", stepsPerLabel(), 1)
          .added("uncertainty-of", uncertaintyOf(), "label")
          .text();
    }

    /** Random frequencies were once given whole steps; what others are given never changed. */
    private long stepsPerLabel() {
      if (!recipe.preconditioning().countsSteps()) {
        return 1;
      }
      if (recipe.backbone() instanceof BackboneRecipe.Edm2) {
        return 250;
      }
      return recipe.backbone() instanceof BackboneRecipe.NcsnPlusPlus ? 1000 : 1;
    }

    /** A learned uncertainty was once told the network's label; EDM's is the level's logarithm. */
    private String uncertaintyOf() {
      boolean changed =
          recipe.loss() instanceof Loss.Uncertain
              && !(recipe.preconditioning() instanceof Preconditioning.Edm);
      return changed ? "log-sigma" : "label";
    }

    private Structure backbone() {
      if (recipe.backbone() instanceof BackboneRecipe.Dit dit) {
        return dit(dit);
      }
      if (recipe.backbone() instanceof BackboneRecipe.NcsnPlusPlus ncsn) {
        return new Structure("ncsn-plus-plus")
            .fact("channels", ncsn.channels())
            .fact("multipliers", ncsn.multipliers())
            .fact("blocks", ncsn.blocks())
            .fact("attentionResolutions", ncsn.attentionResolutions());
      }
      if (recipe.backbone() instanceof BackboneRecipe.Adm adm) {
        return new Structure("adm")
            .fact("channels", adm.channels())
            .fact("multipliers", adm.multipliers())
            .fact("blocks", adm.blocks())
            .fact("attentionResolutions", adm.attentionResolutions())
            .fact("channelsPerHead", adm.channelsPerHead());
      }
      if (recipe.backbone() instanceof BackboneRecipe.Edm2 edm2) {
        return new Structure("edm2")
            .fact("channels", edm2.channels())
            .fact("multipliers", edm2.multipliers())
            .fact("blocks", edm2.blocks())
            .fact("attentionResolutions", edm2.attentionResolutions())
            .fact("channelsPerHead", edm2.channelsPerHead());
      }
      if (recipe.backbone() instanceof BackboneRecipe.Mlp mlp) {
        return new Structure("mlp").fact("width", mlp.width()).fact("depth", mlp.depth());
      }
      if (recipe.backbone() instanceof BackboneRecipe.DdpmPlusPlus ddpm) {
        // Not the dropout: it may change from one part of a run to the next.
        return new Structure("ddpm-plus-plus")
            .fact("channels", ddpm.channels())
            .fact("multipliers", ddpm.multipliers())
            .fact("blocks", ddpm.blocks())
            .fact("attentionResolutions", ddpm.attentionResolutions());
      }
      BackboneRecipe.Unet unet = (BackboneRecipe.Unet) recipe.backbone();
      return new Structure("unet")
          .fact("channels", unet.channels())
          .fact("multipliers", unet.multipliers())
          .fact("blocks", unet.blocks())
          .fact("heads", unet.heads());
    }

    private static Structure dit(BackboneRecipe.Dit dit) {
      BackboneRecipe.Dit published =
          new BackboneRecipe.Dit(dit.patch(), dit.width(), dit.depth(), dit.heads());
      return new Structure("dit")
          .fact("patch", dit.patch())
          .fact("width", dit.width())
          .fact("depth", dit.depth())
          .fact("heads", dit.heads())
          .added("norm", name(dit.norm()), name(published.norm()))
          .added("feedForward", name(dit.feedForward()), name(published.feedForward()))
          .added("positions", name(dit.positions()), name(published.positions()))
          .added("qkNorm", dit.qkNorm(), published.qkNorm())
          .added("noiseFeatures", dit.noiseFeatures(), published.noiseFeatures());
    }

    /** Written out, so that a constant of another name is the same network. */
    private static String name(BackboneRecipe.Dit.Norm norm) {
      return switch (norm) {
        case LAYER -> "layer";
        case RMS -> "rms";
      };
    }

    private static String name(BackboneRecipe.Dit.FeedForward layers) {
      return switch (layers) {
        case GELU -> "gelu";
        case SWIGLU -> "swiglu";
      };
    }

    private static String name(BackboneRecipe.Dit.Positions positions) {
      return switch (positions) {
        case SIN_COS -> "sin-cos";
        case ROTARY -> "rotary";
        case BOTH -> "both";
      };
    }

    @Override
    public Objective objective(TrainingSchedule schedule, Target target) {
      return new DiffusionObjective(
          new DiffusionModel(recipe, signal, classes),
          schedule.shards(),
          schedule.shardBatch(),
          schedule.activations().segmentation(),
          schedule.precision(),
          target);
    }

    @Override
    public List<Column> columns() {
      List<Column> columns = new ArrayList<>();
      columns.add(signal.kind() == Signal.Kind.PIXELS ? Column.PIXELS : Column.LATENT);
      if (recipe.classConditional()) {
        columns.add(Column.LABEL);
      }
      return columns;
    }
  }
}
