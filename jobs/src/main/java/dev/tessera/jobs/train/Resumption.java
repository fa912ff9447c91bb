package dev.tessera.jobs.train;

import dev.tessera.jobs.config.RecipeWriter;
import dev.tessera.jobs.run.MetricLine;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.checkpoint.CheckpointSurvey;
import dev.tessera.models.train.TrainingPrecision;
import dev.tessera.models.train.TrainingSchedule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/**
 * That a run which exists can go on with a recipe; found before any of its files change.
 *
 * @param said sentences for the user: where it goes on from, and what is not as it was
 * @param store the run's checkpoints
 * @param aside what is in the way of a run that begins from zero
 */
record Resumption(
    List<String> said, CheckpointStore store, List<CheckpointSurvey.Unreadable> aside) {

  /**
   * Compares the newest checkpoint with the recipe; a run that has made none yet starts from zero.
   *
   * @throws UserException naming what makes another model of it, or why no checkpoint serves
   */
  static Resumption check(BoundRun bound, RunDirectory run, Configuration conf) {
    CheckpointStore store = store(run, conf);
    CheckpointSurvey survey = survey(store, run);
    Optional<Checkpoint> newest = survey.newest();
    if (newest.isEmpty()) {
      return anew(bound.recipe(), run, store, survey);
    }
    Trained there = Trained.read(newest.get());
    String architecture = bound.family().architecture();
    if (!newest.get().manifest().model().architecture().equals(architecture)) {
      throw new UserException(
          "output.resume: "
              + run
              + " trains another model, "
              + difference(there, bound.trained())
              + ": resume with its own config.yaml, or start a new run.");
    }
    requireSameScale(run, there.recipe().schedule(), bound.recipe().schedule());
    List<String> said = new ArrayList<>();
    if (!survey.passed().isEmpty()) {
      said.add(
          newest.get().path().getName()
              + " is the newest checkpoint of "
              + run
              + " that can be read ("
              + survey.reasons()
              + ")");
    }
    said.addAll(
        ChangedKeys.between(there.recipe(), bound.recipe()).sentences(newest.get().manifest()));
    return new Resumption(said, store, List.of());
  }

  /** Of a run without a readable checkpoint, if it may begin from zero. */
  private static Resumption anew(
      Recipe recipe, RunDirectory run, CheckpointStore store, CheckpointSurvey survey) {
    long reached = reached(run);
    boolean hadOne = !survey.damaged().isEmpty() || reached > recipe.schedule().checkpointImages();
    if (!hadOne) {
      String first = run + " has no checkpoint yet: it begins from zero";
      return new Resumption(List.of(first), store, List.of());
    }
    String found = survey.passed().isEmpty() ? "none is there" : survey.reasons();
    if (!recipe.output().startAnew()) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "output.resume: %s has trained on %,d images and no checkpoint of it can be read (%s):"
                  + " restore one, or set output.start-anew=true to begin from zero in its folder.",
              run,
              reached,
              found));
    }
    String told = run + " begins from zero: no checkpoint of it can be read (" + found + ")";
    return new Resumption(List.of(told), store, survey.passed());
  }

  /** Makes room, for the run's owner. */
  void begin() {
    try {
      store.setAside(aside);
    } catch (IOException e) {
      throw new UserException("Cannot put aside unreadable checkpoints: " + e.getMessage(), e);
    }
  }

  private static long reached(RunDirectory run) {
    try {
      return run.metrics().stream().mapToLong(MetricLine::images).max().orElse(0);
    } catch (IOException e) {
      throw new UserException("Cannot read the metrics of " + run + ": " + e.getMessage(), e);
    }
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

  private static CheckpointStore store(RunDirectory run, Configuration conf) {
    try {
      return new CheckpointStore(run.checkpoints().getFileSystem(conf), run.checkpoints());
    } catch (IOException e) {
      throw new UserException("Cannot read " + run.checkpoints() + ": " + e.getMessage(), e);
    }
  }

  private static CheckpointSurvey survey(CheckpointStore store, RunDirectory run) {
    try {
      return store.survey();
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
    return RecipeWriter.write(recipe.model()).lines().toList();
  }
}
