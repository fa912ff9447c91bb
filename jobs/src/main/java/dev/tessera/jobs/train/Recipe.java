package dev.tessera.jobs.train;

import dev.tessera.datasets.table.LatentInfo;
import dev.tessera.datasets.table.TableKind;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.models.UserException;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.train.Activations;
import dev.tessera.models.train.TrainingPrecision;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.models.vqgan.VqganRecipe;
import java.util.Optional;

/** A training run as a user writes it down: {@code type: tokenizer} or {@code type: diffusion}. */
public sealed interface Recipe {

  /** Names the run directory. */
  String name();

  /** The table to train on. */
  String data();

  /** What is trained. */
  Record model();

  TrainingSchedule schedule();

  Ranks ranks();

  Output output();

  /** With other places for what it writes. */
  Recipe with(Output other);

  /** Checkpoint or run that made the data, where that is not known of their table. */
  default Optional<String> tokenizer() {
    return Optional.empty();
  }

  /**
   * The model that this recipe is of a table's data.
   *
   * @throws UserException if it cannot be one of such data
   */
  Trained bind(TableManifest manifest);

  private static void requireDevice(TrainingSchedule schedule, Ranks ranks) {
    if (schedule.precision() == TrainingPrecision.TF32 && ranks.device() == Ranks.Device.CPU) {
      throw new IllegalArgumentException("schedule: precision tf32 needs ranks.device=gpu");
    }
  }

  /**
   * A VQGAN's first stage.
   *
   * @param data an image table
   * @param preview what is drawn at checkpoints
   */
  record Tokenizer(
      String name,
      String data,
      VqganRecipe model,
      TrainingSchedule schedule,
      TokenizerPreview preview,
      Ranks ranks,
      Output output)
      implements Recipe {

    public Tokenizer {
      requireDevice(schedule, ranks);
    }

    @Override
    public Recipe with(Output other) {
      return new Tokenizer(name, data, model, schedule, preview, ranks, other);
    }

    @Override
    public Trained bind(TableManifest manifest) {
      manifest.require(TableKind.IMAGES, data);
      return new Trained.TrainedTokenizer(this, manifest.imageSize(), manifest.classNames());
    }

    public static Tokenizer defaults() {
      return new Tokenizer(
          "vqgan",
          "data/images",
          VqganRecipe.defaults(),
          TrainingSchedule.defaults(),
          new TokenizerPreview(32, 1024),
          Ranks.defaults(),
          Output.defaults());
    }
  }

  /**
   * A diffusion model.
   *
   * @param data an image table for a model of pixels, or a latent table
   * @param sampling how previews and {@code tessera sample} draw
   * @param tokenizer checkpoint or run that made the latents, where their table has no copy of it
   *     and it is not where it was
   */
  record Diffusion(
      String name,
      String data,
      DiffusionRecipe model,
      TrainingSchedule schedule,
      Sampling sampling,
      Optional<String> tokenizer,
      Ranks ranks,
      Output output)
      implements Recipe {

    public Diffusion {
      requireDevice(schedule, ranks);
      if (model.differentiatesTwice() && schedule.activations() == Activations.RECOMPUTED) {
        throw new IllegalArgumentException(
            "schedule: activations recomputed (expected: kept, model.loss sliced-score is"
                + " differentiated twice and blocks that run again are so once)");
      }
      if (sampling.guidance() != 1 && sampling.guide().isEmpty() && !model.classConditional()) {
        throw new IllegalArgumentException(
            "sampling: guidance "
                + sampling.guidance()
                + " (expected: 1, a model without classes has nothing to be guided by; or a guide)");
      }
      if (sampling.guidance() != 1 && sampling.guide().isEmpty() && model.labelDropout() == 0) {
        throw new IllegalArgumentException(
            "sampling: guidance "
                + sampling.guidance()
                + " (expected: 1, or model.label-dropout above 0: the case without a class is learnt"
                + " from hidden labels)");
      }
      if (sampling.sampler().needsVariance() && !model.learnsVariance()) {
        throw new IllegalArgumentException(
            "sampling: sampler.variance learned-range (expected: fixed-small or fixed-large; or"
                + " model.loss.type=hybrid)");
      }
      try {
        sampling.drawing(model.sigmaData());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("sampling: " + e.getMessage(), e);
      }
    }

    @Override
    public Recipe with(Output other) {
      return new Diffusion(name, data, model, schedule, sampling, tokenizer, ranks, other);
    }

    @Override
    public Trained bind(TableManifest manifest) {
      Signal signal = signal(manifest);
      if (model.classConditional() && manifest.classNames().isEmpty()) {
        throw new UserException(
            data
                + " has no labels: set model.class-conditional=false or choose a table with"
                + " classes.");
      }
      return new Trained.TrainedDiffusion(
          this, signal, manifest.imageSize(), manifest.classNames());
    }

    private Signal signal(TableManifest manifest) {
      if (manifest.kind() == TableKind.IMAGES) {
        return Signal.pixels(manifest.imageSize(), manifest.imageSize());
      }
      LatentInfo latents = manifest.require(TableKind.LATENTS, data).latents();
      if (!latents.dtype().equals("float32")) {
        throw new UserException(
            data + " holds " + latents.dtype() + " latents (expected: float32).");
      }
      return Signal.latents(
          latents.shape().get(0),
          latents.shape().get(1),
          latents.shape().get(2),
          latents.mean(),
          latents.std());
    }

    public static Diffusion defaults() {
      return new Diffusion(
          "diffusion",
          "data/tokens/latents",
          DiffusionRecipe.defaults(),
          TrainingSchedule.defaults(),
          Sampling.defaults(),
          Optional.empty(),
          Ranks.defaults(),
          Output.defaults());
    }
  }

  /**
   * Held-out pictures at a checkpoint.
   *
   * @param pictures drawn beside their reconstructions
   * @param measured for PSNR and codebook usage, at most
   */
  record TokenizerPreview(int pictures, int measured) {
    public TokenizerPreview {
      if (pictures < 1) {
        throw new IllegalArgumentException("pictures: " + pictures + " (expected: 1 or more)");
      }
      if (measured < pictures) {
        throw new IllegalArgumentException(
            "measured: " + measured + " (expected: at least pictures, " + pictures + ")");
      }
    }
  }
}
