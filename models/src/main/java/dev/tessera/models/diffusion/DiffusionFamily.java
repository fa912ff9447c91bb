package dev.tessera.models.diffusion;

import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Target;
import dev.tessera.models.structure.Structure;
import dev.tessera.models.train.Export;
import dev.tessera.models.train.Family;
import dev.tessera.models.train.Group;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.TrainingSchedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A diffusion model on pixels or latents.
 *
 * @param classes number of classes of the data, 0 without labels
 */
public record DiffusionFamily(DiffusionRecipe recipe, Signal signal, int classes)
    implements Family {

  @Override
  public Structure structure() {
    return recipe
        .backbone()
        .structure()
        .fact("signal-kind", signal.kind() == Signal.Kind.PIXELS ? "pixels" : "latents")
        .fact("signal-channels", signal.channels())
        .fact("signal-height", signal.height())
        .fact("signal-width", signal.width())
        .fact("signal-shift", signal.shift())
        .fact("signal-scale", signal.scale())
        .added("sigma-data", recipe.sigmaData(), 0.5)
        .added("steps-per-label", stepsPerLabel(), 1)
        .added("uncertainty-of", uncertaintyOf(), "label");
  }

  /** Random frequencies were once given whole steps; what others are given never changed. */
  private long stepsPerLabel() {
    return recipe.preconditioning().countsSteps() ? recipe.backbone().stepsPerLabel() : 1;
  }

  /** A learned uncertainty was once told the network's label; EDM's is the level's logarithm. */
  private String uncertaintyOf() {
    boolean changed =
        recipe.loss() instanceof Loss.Uncertain
            && !(recipe.preconditioning() instanceof Preconditioning.Edm);
    return changed ? "log-sigma" : "label";
  }

  /** The network and its programs. */
  public DiffusionModel model() {
    return new DiffusionModel(recipe, signal, classes);
  }

  @Override
  public List<Group> groups() {
    return groups(model());
  }

  static List<Group> groups(DiffusionModel model) {
    DiffusionRecipe recipe = model.recipe();
    return List.of(new Group(model.layout(), recipe.optimizer(), Optional.of(recipe.ema())));
  }

  @Override
  public Layout state() {
    return noState();
  }

  static Layout noState() {
    return Scope.group("state").layout();
  }

  @Override
  public List<String> columns() {
    List<String> columns = new ArrayList<>();
    columns.add(signal.column());
    if (recipe.classConditional()) {
      columns.add("label");
    }
    return columns;
  }

  @Override
  public Objective objective(TrainingSchedule schedule, Target target) {
    return new DiffusionObjective(
        model(),
        schedule.shards(),
        schedule.shardBatch(),
        schedule.activations().segmentation(),
        schedule.precision(),
        target);
  }

  @Override
  public Export export(int batch) {
    DiffusionModel model = model();
    return new Export(
        model.exported(batch),
        List.of(new Export.Weights(DiffusionModel.DENOISER, VectorName.AVERAGE, model.layout())));
  }
}
