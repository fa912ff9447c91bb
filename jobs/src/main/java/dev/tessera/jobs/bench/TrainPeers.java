package dev.tessera.jobs.bench;

import dev.tessera.jobs.train.Ranks;
import dev.tessera.jobs.train.Recipe;
import dev.tessera.models.UserException;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.optimizer.Adam;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.optimizer.Rule;
import dev.tessera.models.train.OptimizerRecipe;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The PyTorch programs of a recipe's model and what they are asked.
 *
 * @param precision of the peers; empty for the recipe's own
 */
record TrainPeers(
    Recipe recipe, TrainMeasure.DataSize size, TrainMeasure.Pace pace, Optional<String> precision) {

  /** The scripts of a model: ours, and the one that runs its authors' code, if any. */
  private record Scripts(String ours, Optional<String> original) {
    String of(PeerMode mode) {
      return mode.original()
          ? original.orElseThrow(
              () ->
                  new UserException(
                      "--peers " + mode + ": the project of this model is not known here."))
          : ours;
    }
  }

  List<PeerRun> runs(List<PeerMode> modes) {
    Scripts scripts = scripts();
    return modes.stream()
        .map(mode -> new PeerRun(mode.label(), scripts.of(mode), ask(mode)))
        .toList();
  }

  private Scripts scripts() {
    requireAdam();
    if (recipe instanceof Recipe.Tokenizer) {
      return new Scripts("vqgan.py", Optional.of("taming_original.py"));
    }
    BackboneRecipe backbone = ((Recipe.Diffusion) recipe).model().backbone();
    if (backbone instanceof BackboneRecipe.Dit dit) {
      BackboneRecipe.Dit published =
          new BackboneRecipe.Dit(dit.patch(), dit.width(), dit.depth(), dit.heads());
      if (!dit.equals(published)) {
        throw new UserException(
            "--peer: the peer of model.backbone type: dit has no options of its blocks.");
      }
      return new Scripts("train.py", Optional.empty());
    }
    if (backbone instanceof BackboneRecipe.DdpmPlusPlus) {
      return new Scripts("ddpmpp.py", Optional.of("edm_original.py"));
    }
    throw new UserException(
        "--peer: of this model.backbone there is no peer (expected: type dit or ddpm-plus-plus).");
  }

  /** Another rule would be measured as if it were this one. */
  private void requireAdam() {
    List<OptimizerRecipe> optimizers =
        recipe instanceof Recipe.Tokenizer tokenizer
            ? List.of(tokenizer.model().optimizer(), tokenizer.model().adversary().optimizer())
            : List.of(((Recipe.Diffusion) recipe).model().optimizer());
    for (OptimizerRecipe optimizer : optimizers) {
      Rule rule = optimizer.rule();
      if (!(rule instanceof AdamW || (rule instanceof Adam adam && adam.l2() == 0))) {
        throw new UserException(
            "--peer: the peers' optimizer.rule is adamw (or adam without l2), and the recipe's is "
                + rule
                + ".");
      }
    }
  }

  /** What the eager peer is asked on several GPUs, each with a batch of {@code batch}. */
  Map<String, Object> distributed(int ranks, int batch) {
    Map<String, Object> ask = ask(Optional.empty());
    ask.put("batch", batch);
    ask.put("ranks", ranks);
    ask.put("script", scripts().ours());
    return ask;
  }

  private Map<String, Object> ask(PeerMode mode) {
    return ask(mode.compile());
  }

  private Map<String, Object> ask(Optional<String> compile) {
    Map<String, Object> ask = new LinkedHashMap<>();
    ask.put("recipe", model());
    ask.put("batch", recipe.schedule().batch());
    ask.put("channels", size.channels());
    ask.put("side", size.side());
    ask.put("classes", size.classes());
    ask.put("precision", precision.orElse(own()));
    ask.put("compile", compile.orElse(null));
    ask.put("device", recipe.ranks().device() == Ranks.Device.GPU ? "cuda" : "cpu");
    ask.put("warmUp", pace.warmUp());
    ask.put("rounds", pace.rounds());
    ask.put("steps", pace.steps());
    return ask;
  }

  private Object model() {
    return recipe instanceof Recipe.Tokenizer tokenizer
        ? tokenizer.model()
        : ((Recipe.Diffusion) recipe).model();
  }

  private String own() {
    return recipe.schedule().precision().name().toLowerCase(Locale.ROOT);
  }
}
