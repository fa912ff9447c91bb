package dev.tessera.models.vqgan;

import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.graph.Layout;
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
 * A VQGAN's first stage on pictures of one size.
 *
 * @param height of a picture in pixels
 * @param width of a picture in pixels
 */
public record VqganFamily(VqganRecipe recipe, int height, int width) implements Family {

  @Override
  public Structure structure() {
    VqganRecipe.Network network = recipe.network();
    return new Structure("vqgan")
        .fact("patch", network.patch())
        .fact("channels", network.channels())
        .fact("multipliers", network.multipliers())
        .fact("blocks", network.blocks())
        .fact("attention", network.attention())
        .added("form", word(network.form()), word(VqganRecipe.Form.COMPACT))
        .added("attentionResolutions", network.attentionResolutions(), List.of())
        .added("latent", network.latent(), 0)
        .fact("picture-height", height)
        .fact("picture-width", width);
  }

  /** Written out, so that a constant of another name is the same network. */
  private static String word(VqganRecipe.Form form) {
    return form == VqganRecipe.Form.COMPACT ? "compact" : "published";
  }

  /** Encoder, codebook and decoder. */
  public Vqgan model() {
    return new Vqgan(recipe, height, width);
  }

  @Override
  public List<Group> groups() {
    return groups(model(), Critic.of(recipe.adversary()));
  }

  static List<Group> groups(Vqgan model, Critic critic) {
    VqganRecipe recipe = model.recipe();
    List<Group> groups = new ArrayList<>();
    groups.add(new Group(model.layout(), recipe.optimizer(), Optional.empty()));
    if (recipe.adversary().takesPart()) {
      groups.add(new Group(critic.layout(), recipe.adversary().optimizer(), Optional.empty()));
    }
    return groups;
  }

  @Override
  public Layout state() {
    return model().state();
  }

  @Override
  public List<String> columns() {
    return List.of("image");
  }

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
  public Export export(int batch) {
    Vqgan model = model();
    return new Export(
        model.tokenizer(batch),
        List.of(
            new Export.Weights(Vqgan.GENERATOR, VectorName.PARAMETERS, model.layout()),
            new Export.Weights("state", VectorName.STATE, model.state())));
  }
}
