package dev.tessera.jobs.train;

import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.config.RecipeWriter;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.diffusion.DiffusionFamily;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.train.Family;
import dev.tessera.models.vqgan.VqganFamily;
import dev.tessera.spark.inference.SamplerSpec;
import dev.tessera.spark.inference.TokenizerSpec;
import dev.tessera.spark.training.Preview;
import java.util.List;
import java.util.Optional;

/**
 * What a checkpoint says of its model: the recipe and what the data decided. It is enough to build
 * the model again without the data.
 */
public sealed interface Trained {

  Recipe recipe();

  /** Side of the pictures in pixels. */
  int imageSize();

  /** Names of the classes by label. */
  List<String> classNames();

  /** What is trained and exported. */
  Family family();

  /**
   * What rank 0 draws at checkpoints.
   *
   * @param tokenizer decodes latents; null for a model of pixels
   */
  Preview preview(TokenizerSpec tokenizer);

  /** The shape of a row of the table, as people say it: kind, height, width, channels. */
  default String rows() {
    return "images " + imageSize() + "x" + imageSize() + "x3";
  }

  /** What is odd about how it will draw. */
  default Optional<String> warning() {
    return Optional.empty();
  }

  /** A tokenizer of square pictures. */
  record TrainedTokenizer(Recipe.Tokenizer recipe, int imageSize, List<String> classNames)
      implements Trained {

    /** The tokenizer whose weights are at {@code checkpoint}. */
    public TokenizerSpec spec(String checkpoint) {
      return new TokenizerSpec(recipe.model(), imageSize, imageSize, checkpoint);
    }

    @Override
    public VqganFamily family() {
      return new VqganFamily(recipe.model(), imageSize, imageSize);
    }

    @Override
    public Preview preview(TokenizerSpec tokenizer) {
      Recipe.TokenizerPreview wanted = recipe.preview();
      return new Preview.Reconstructions(family(), wanted.pictures(), wanted.measured());
    }
  }

  /** A diffusion model of {@code signal}; its tokenizer stands in the run directory. */
  record TrainedDiffusion(
      Recipe.Diffusion recipe, Signal signal, int imageSize, List<String> classNames)
      implements Trained {

    /**
     * @param tokenizer decodes latents; null for a model of pixels
     */
    public SamplerSpec spec(TokenizerSpec tokenizer) {
      Sampling sampling = recipe.sampling();
      return new SamplerSpec(
          recipe.model(),
          signal,
          classNames.size(),
          sampling.drawing(recipe.model().sigmaData()),
          sampling.guidanceOf(sampling.guidance()),
          sampling.clip(),
          sampling.batch(),
          tokenizer,
          null);
    }

    @Override
    public DiffusionFamily family() {
      return new DiffusionFamily(recipe.model(), signal, classNames.size());
    }

    @Override
    public Preview preview(TokenizerSpec tokenizer) {
      return new Preview.Samples(spec(tokenizer), recipe.schedule().seed());
    }

    @Override
    public String rows() {
      return signal.kind() == Signal.Kind.PIXELS
          ? Trained.super.rows()
          : "latents " + signal.height() + "x" + signal.width() + "x" + signal.channels();
    }

    @Override
    public Optional<String> warning() {
      return recipe.sampling().drawing(recipe.model().sigmaData()).warning();
    }

    /**
     * This model, whose weights are at {@code checkpoint}, as the reference of guidance.
     *
     * @throws UserException if it is of other data than {@code guided}
     */
    public SamplerSpec.Guide guide(String checkpoint, TrainedDiffusion guided) {
      boolean same =
          signal.equals(guided.signal())
              && signal.units(recipe.model().sigmaData())
                  == signal.units(guided.recipe().model().sigmaData())
              && (!recipe.model().classConditional() || classNames.equals(guided.classNames()));
      if (!same) {
        throw new UserException(
            "guide: "
                + checkpoint
                + " is a model of other data than the checkpoint (expected: one trained on the same"
                + " table, with the same model.sigma-data).");
      }
      if (recipe.model().classConditional() && !guided.recipe().model().classConditional()) {
        throw new UserException(
            "guide: "
                + checkpoint
                + " knows classes and the checkpoint none (expected: a guide without classes: the"
                + " pictures of a class are no reference for those of all).");
      }
      return new SamplerSpec.Guide(recipe.model(), signal, classNames.size(), checkpoint);
    }
  }

  /** The text that checkpoints carry. */
  static String write(Trained trained) {
    return RecipeWriter.write(Trained.class, trained);
  }

  /**
   * Reads what a checkpoint says of itself.
   *
   * @throws UserException if it is not of a run of ours
   */
  static Trained read(Checkpoint checkpoint) {
    return RecipeReader.parse(
        Trained.class,
        checkpoint.path().toString(),
        checkpoint.manifest().model().recipe(),
        List.of());
  }

  /**
   * As {@link #read}, of a tokenizer.
   *
   * @throws UserException if it is something else
   */
  static TrainedTokenizer tokenizer(Checkpoint checkpoint) {
    if (read(checkpoint) instanceof TrainedTokenizer tokenizer) {
      return tokenizer;
    }
    throw new UserException(
        checkpoint.path() + " is a checkpoint of a diffusion model (expected: of a tokenizer)");
  }

  /**
   * As {@link #read}, of a diffusion model.
   *
   * @throws UserException if it is something else
   */
  static TrainedDiffusion diffusion(Checkpoint checkpoint) {
    if (read(checkpoint) instanceof TrainedDiffusion diffusion) {
      return diffusion;
    }
    throw new UserException(
        checkpoint.path() + " is a checkpoint of a tokenizer (expected: of a diffusion model)");
  }
}
