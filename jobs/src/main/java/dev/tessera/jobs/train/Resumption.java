package dev.tessera.jobs.train;

import dev.tessera.jobs.config.RecipeWriter;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.train.TrainingPrecision;
import dev.tessera.models.train.TrainingSchedule;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/** Whether a run that exists can go on with a recipe; found before any of its files change. */
final class Resumption {

  private Resumption() {}

  /**
   * Compares the newest checkpoint's model with the recipe's; a run without one starts anew.
   *
   * @throws UserException naming the first difference
   */
  static void check(BoundRun bound, RunDirectory run, Configuration conf) {
    Optional<Checkpoint> newest = newest(run, conf);
    if (newest.isEmpty()) {
      return;
    }
    Trained there = Trained.read(newest.get());
    String architecture = bound.family().architecture(bound.recipe().schedule());
    if (!newest.get().manifest().model().architecture().equals(architecture)) {
      throw new UserException(
          "output.resume: "
              + run
              + " trains another model, "
              + difference(there, bound.trained())
              + ": resume with its own config.yaml, or start a new run.");
    }
    requireSameScale(run, there.recipe().schedule(), bound.recipe().schedule());
  }

  /** A checkpoint holds the scales of losses where they are scaled, and only there. */
  private static void requireSameScale(
      RunDirectory run, TrainingSchedule there, TrainingSchedule here) {
    boolean was = there.precision() == TrainingPrecision.FP16;
    if (was != (here.precision() == TrainingPrecision.FP16)) {
      throw new UserException(
          "output.resume: "
              + run
              + " trains in "
              + name(there.precision())
              + " and not in "
              + name(here.precision())
              + ": fp16 and the others cannot go on from each other; resume with its own"
              + " config.yaml, or start a new run.");
    }
  }

  private static String name(TrainingPrecision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }

  private static Optional<Checkpoint> newest(RunDirectory run, Configuration conf) {
    try {
      return new CheckpointStore(run.checkpoints().getFileSystem(conf), run.checkpoints())
          .newestComplete();
    } catch (IOException e) {
      throw new UserException("Cannot read " + run.checkpoints() + ": " + e.getMessage(), e);
    }
  }

  private static String difference(Trained there, Trained here) {
    if (there.imageSize() != here.imageSize()) {
      return String.format(
          Locale.ROOT, "of %d pixels and not of %d", there.imageSize(), here.imageSize());
    }
    List<String> was = model(there.recipe());
    List<String> is = model(here.recipe());
    for (int i = 0; i < Math.min(was.size(), is.size()); i++) {
      if (!was.get(i).equals(is.get(i))) {
        return String.format(
            Locale.ROOT, "with %s and not %s", was.get(i).strip(), is.get(i).strip());
      }
    }
    return "of other data";
  }

  private static List<String> model(Recipe recipe) {
    Record model =
        recipe instanceof Recipe.Tokenizer tokenizer
            ? tokenizer.model()
            : ((Recipe.Diffusion) recipe).model();
    return RecipeWriter.write(model).lines().toList();
  }
}
